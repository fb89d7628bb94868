// SPDX-License-Identifier: GPL-3.0-or-later
// The comparison of plans: model, panel, selection.
#include "core/formats/open.h"
#include "core/plan/presets.h"
#include "core/plan/recipe.h"
#include "ui/budget/fit_context.h"
#include "ui/budget/plan_changes_model.h"
#include "ui/budget/plan_changes_panel.h"
#include "ui/parts/table_copy.h"
#include "ui/ui_test_support.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QTreeView>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;
using enum TensorType;

class TestPlanChangesPanel : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;
    std::shared_ptr<const Model> m_sample = openModel(quantlathe::test::resource("sample/quantlathe-sample-f16.gguf"));
    std::shared_ptr<const Model> m_small = makeModel(m_folder, smallModelSpec());

    static QString text(const QWidget& panel, const char* name) { return panel.findChild<QLabel*>(QLatin1String(name))->text(); }

private Q_SLOTS:
    void rowsAreRolesAndTheirTensors()
    {
        PlanChangesModel model;
        const QAbstractItemModelTester tester(&model);
        Plan before = planFromType(*m_small, Q8_0);
        Plan after = before;
        after.setChoice("blk.0.attn_q.weight", Choice{Q4_0});
        after.setChoice("blk.1.ffn_down.weight", Choice{F16});
        const DamageWeights weights = proxyWeights(*m_small);
        model.setChanges(m_small, comparePlans(*m_small, before, after, ErrorTable(m_small->tensors().size()), weights));
        QCOMPARE(treeText(model, {PlanChangesModel::What, PlanChangesModel::Before, PlanChangesModel::After, PlanChangesModel::Bytes}).trimmed(),
                 QStringLiteral("Layer 0: Attention query | Q8_0 | ▼ Q4_0 | −32.0 KiB\n"
                                "Layer 1: Feed-forward down | Q8_0 | ▲ F16 | +22.5 KiB"));
        QCOMPARE(model.index(0, PlanChangesModel::DamageAfter).data().toString(), QStringLiteral("–"));
        // CSV files get the numbers, and nothing where there is none.
        QCOMPARE(model.index(0, PlanChangesModel::Bytes).data(csvRole).toDouble(), -32768.0);
        QCOMPARE(model.index(0, PlanChangesModel::DamageAfter).data(csvRole).toString(), QString());
        QVERIFY(!model.index(0, PlanChangesModel::What).data(csvRole).isValid());
        QCOMPARE(model.tensorsAt(model.index(0, 0)), (std::vector<std::size_t>{m_small->indexOf("blk.0.attn_q.weight").value()}));
        QCOMPARE(model.index(0, 0).data(PlanChangesModel::DirectionRole).toInt(), -1);
        QVERIFY(summaryOf(model.changes()).contains(QLatin1String("still being measured")));
        model.setChanges(m_small, {});
        QCOMPARE(model.rowCount(), 0);
        QCOMPARE(summaryOf(model.changes()), QStringLiteral("Both plans write the same types."));
    }

    void experts()
    {
        const auto moe = openModel(quantlathe::test::fixture("hf/qwen3_moe"));
        PlanChangesModel model;
        const QAbstractItemModelTester tester(&model);
        model.setChanges(moe, comparePlans(*moe, {}, planFromType(*moe, Q8_0), ErrorTable(), proxyWeights(*moe)));
        bool hasChildren = false;
        for (int row = 0; row < model.rowCount(); ++row) {
            const QModelIndex role = model.index(row, 0);
            hasChildren = hasChildren || model.rowCount(role) > 1;
            if (model.rowCount(role) > 0)
                QCOMPARE(model.tensorsAt(role).size(), static_cast<std::size_t>(model.rowCount(role)));
        }
        QVERIFY(hasChildren);
    }

    void comparesWithStoredPresetAndRecipe()
    {
        Document document;
        FitContext context(document);
        PlanChangesPanel panel(context);
        panel.resize(900, 300);
        panel.show();
        QTRY_VERIFY(text(panel, "changesHint").startsWith(QLatin1String("Open a model")));
        document.setModel(m_sample);
        QTRY_VERIFY(text(panel, "changesHint").startsWith(QLatin1String("Both plans")));
        document.setPlan(planFromPreset(*m_sample, *findPreset("Q4_K_M"), {}), QStringLiteral("preset"));
        QTRY_VERIFY(panel.view().isVisible() && panel.view().model()->rowCount() > 20);
        QVERIFY(text(panel, "changesSummary").contains(QLatin1String("smaller")));
        auto& other = *panel.findChild<QComboBox*>(QStringLiteral("changesOther"));
        const auto choose = [&other](const QString& data) {
            other.setCurrentIndex(other.findData(data));
            Q_EMIT other.activated(other.currentIndex());
        };
        choose(QStringLiteral("Q4_K_S"));
        QTRY_VERIFY(panel.view().isVisible() && panel.view().model()->rowCount() < 12);
        QTRY_VERIFY_WITH_TIMEOUT(text(panel, "changesSummary").contains(QLatin1String("error")), 30'000);
        choose(QStringLiteral("Q4_K_M"));
        QTRY_VERIFY(!panel.view().isVisible());

        const auto recipe = m_folder / "four.json";
        saveRecipe(recipe, planFromPreset(*m_sample, *findPreset("Q5_K_M"), {}), *m_sample);
        panel.compareWithRecipe(recipe);
        QTRY_VERIFY(panel.view().isVisible());
        QCOMPARE(other.currentText(), QStringLiteral("Recipe four.json"));
        panel.compareWithRecipe(m_folder / "none.json");
        QVERIFY(!panel.view().isVisible());
        QVERIFY(!text(panel, "changesHint").isEmpty());
    }

    // After a fit the panel compares with the plan before it by itself; a row selects its tensors.
    void afterAFit()
    {
        Document document;
        document.setModel(m_sample);
        document.setPlan(planFromPreset(*m_sample, *findPreset("Q4_K_M"), {}), QStringLiteral("preset"));
        FitContext context(document);
        PlanChangesPanel panel(context);
        panel.resize(900, 300);
        panel.show();
        Plan fitted = document.plan();
        fitted.setChoice("blk.1.attn_v.weight", Choice{Q8_0});
        context.adopt(fitted, QStringLiteral("Fit"));
        auto& other = *panel.findChild<QComboBox*>(QStringLiteral("changesOther"));
        QCOMPARE(other.currentText(), QStringLiteral("The plan before the last fit"));
        QTRY_VERIFY(panel.view().isVisible() && panel.view().model()->rowCount() == 1);
        QVERIFY(text(panel, "changesSummary").startsWith(QLatin1String("1 tensor")));
        panel.view().setFocus();
        QTest::keyClick(&panel.view(), Qt::Key_Home);
        QTest::keyClick(&panel.view(), Qt::Key_Space);
        QCOMPARE(document.selection(), (TensorIndices{m_sample->indexOf("blk.1.attn_v.weight").value()}));
        QCOMPARE(document.currentTensor(), m_sample->indexOf("blk.1.attn_v.weight"));
        document.undoStack().undo();
        QTRY_VERIFY(!panel.view().isVisible());
    }
};

QTEST_MAIN(TestPlanChangesPanel)
#include "tst_plan_changes_panel.moc"
