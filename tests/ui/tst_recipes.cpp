// SPDX-License-Identifier: GPL-3.0-or-later
// Recipes: dropped onto the window with and without a model, listed on the start page, and what did not match is told.
#include "ui/tree/tensor_tree_panel.h"
#include "ui/window/main_window.h"
#include "ui/window/recipe_report.h"
#include "ui/window/sample.h"
#include "ui_test_support.h"

#include <QAction>
#include <QApplication>
#include <QDropEvent>
#include <QLabel>
#include <QMimeData>
#include <QSignalSpy>
#include <QTableView>
#include <QToolButton>

#include <fstream>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestRecipes : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;

    [[nodiscard]] QString path(const char* name) const { return QString::fromStdString((m_folder / name).string()); }

    static void drop(MainWindow& window, const QStringList& paths)
    {
        QMimeData data;
        QList<QUrl> urls;
        for (const QString& one : paths)
            urls << QUrl::fromLocalFile(one);
        data.setUrls(urls);
        QDragEnterEvent enter(QPoint(20, 20), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&window, &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent event(QPointF(20, 20), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&window, &event);
        QVERIFY(event.isAccepted());
    }

    /// A recipe for the sample, made by the window: its fourth tensor in Q8_0.
    QString recipeOfSample()
    {
        MainWindow window;
        QSignalSpy opened(&window.document(), &Document::opened);
        window.openPath(sampleModelPath());
        if (!opened.wait(20000))
            return {};
        window.document().setType(window.document().tensorsOfRole(TensorRole::FeedForwardDown), TensorType::Q8_0, QStringLiteral("Set"));
        window.saveRecipeTo(path("sample.json"));
        return path("sample.json");
    }

    static QToolButton* button(const MainWindow& window, const QString& beginning)
    {
        for (auto* one : window.findChildren<QToolButton*>()) {
            if (one->isVisible() && one->text().startsWith(beginning))
                return one;
        }
        return nullptr;
    }

private Q_SLOTS:
    void init() { m_settings.clear(); }

    void theStartPageOpensAModelWithItsRecipe()
    {
        const QString recipe = recipeOfSample();
        QVERIFY(!recipe.isEmpty());
        MainWindow window;
        window.show();
        QToolButton* entry = button(window, QStringLiteral("sample.json — used on quantlathe-sample-f16.gguf"));
        QVERIFY(entry);
        QSignalSpy opened(&window.document(), &Document::opened);
        QTest::mouseClick(entry, Qt::LeftButton);
        QVERIFY(opened.wait(20000));
        const std::size_t tensor = window.document().tensorsOfRole(TensorRole::FeedForwardDown).front();
        QCOMPARE(window.document().effectiveChoice(tensor).requested, TensorType::Q8_0);
        QVERIFY(!window.findChild<RecipeReportDialog*>()); // everything matched
    }

    void droppedOnAModel()
    {
        const QString recipe = recipeOfSample();
        MainWindow window;
        window.show();
        QSignalSpy opened(&window.document(), &Document::opened);
        window.openPath(sampleModelPath());
        QVERIFY(opened.wait(20000));
        drop(window, {recipe});
        QTRY_VERIFY(!window.document().plan().choices().empty());
        QCOMPARE(window.document().undoStack().undoText(), QStringLiteral("Load recipe sample.json"));
    }

    void droppedTogetherWithItsModel()
    {
        const QString recipe = recipeOfSample();
        MainWindow window;
        window.show();
        drop(window, {recipe, sampleModelPath()});
        QTRY_VERIFY_WITH_TIMEOUT(window.document().hasModel() && !window.document().plan().choices().empty(), 20000);
    }

    void droppedWithoutAModelItWaits()
    {
        const QString recipe = recipeOfSample();
        m_settings.clear(); // nobody knows what it was used on
        MainWindow window;
        window.show();
        drop(window, {recipe});
        auto* waiting = window.findChild<QLabel*>(QStringLiteral("waitingRecipe"));
        QTRY_VERIFY(waiting->isVisible());
        QVERIFY(waiting->text().contains(QStringLiteral("sample.json")));
        QVERIFY(!window.document().hasModel());
        drop(window, {sampleModelPath()});
        QTRY_VERIFY_WITH_TIMEOUT(window.document().hasModel() && !window.document().plan().choices().empty(), 20000);
        QVERIFY(waiting->isHidden());
    }

    void whatDoesNotMatchIsListed()
    {
        // Made for three layers; the model has two, and its ffn_down (rows of 96) holds no k-quant.
        auto spec = smallModelSpec();
        for (const char* name : {"attn_q.weight", "attn_v.weight"})
            spec.push_back({std::string("blk.2.") + name, {256, 256}});
        {
            MainWindow window;
            window.document().setModel(makeModel(m_folder, spec, "three.bin"));
            TensorIndices tensors = window.document().tensorsOfRole(TensorRole::FeedForwardDown);
            const TensorIndices last = window.document().tensorsOfLayer(2);
            tensors.insert(tensors.end(), last.begin(), last.end());
            window.document().setType(tensors, TensorType::Q4_K, QStringLiteral("Set"));
            window.saveRecipeTo(path("three.json"));
        }
        MainWindow window;
        window.show();
        window.document().setModel(makeModel(m_folder, smallModelSpec()));
        window.loadRecipeFrom(path("three.json"));
        auto* report = window.findChild<RecipeReportDialog*>();
        QVERIFY(report);
        QStringList lines;
        for (int row = 0; row < report->view().model()->rowCount(); ++row)
            lines << report->view().model()->index(row, 0).data().toString() + QStringLiteral(": ") + report->view().model()->index(row, 1).data().toString();
        QVERIFY2(lines.contains(QStringLiteral("blk.2.attn_q.weight: In the recipe, but not in this model")), qPrintable(lines.join(QLatin1Char('\n'))));
        QVERIFY(lines.contains(QStringLiteral("blk.0.attn_q.weight: In this model, but not in the recipe: kept as stored")));
        const auto fallback = lines.filter(QStringLiteral("blk.1.ffn_down.weight: Q4_K does not fit: written as "));
        QCOMPARE(fallback.size(), 1);
        const QString summary = report->findChild<QLabel*>(QStringLiteral("recipeSummary"))->text();
        QVERIFY(summary.contains(QStringLiteral("names 2 tensors that this model does not have")));
        report->close();
    }

    void rulesThatMatchNothingAreListed()
    {
        MainWindow window;
        window.show();
        window.document().setModel(makeModel(m_folder, smallModelSpec()));
        std::ofstream(m_folder / "rules.txt") << "attn_v=Q8_0\nffn_gate_exps=Q4_K\nblk\\.[0-9]\\.attn_v=Q6_K\n";
        window.importTypeRulesFrom(path("rules.txt"));
        QCOMPARE(window.document().effectiveChoice(3).type, TensorType::Q8_0);
        auto* report = window.findChild<RecipeReportDialog*>();
        QVERIFY(report);
        QCOMPARE(report->view().model()->rowCount(), 1);
        QCOMPARE(report->view().model()->index(0, 0).data().toString(), QStringLiteral("ffn_gate_exps"));
        report->close();
    }
};

QTEST_MAIN(TestRecipes)
#include "tst_recipes.moc"
