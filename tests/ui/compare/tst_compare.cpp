// SPDX-License-Identifier: GPL-3.0-or-later
// Two models side by side, as a person sees them.
#include "core/formats/open.h"
#include "core/jobs/made_model.h"
#include "ui/compare/compare_window.h"
#include "ui/map/error_map_model.h"
#include "ui/map/error_map_view.h"
#include "ui/parts/table_copy.h"
#include "ui/plots/histogram_plot.h"
#include "ui/ui_test_support.h"
#include "ui/window/main_window.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QLabel>
#include <QMenu>
#include <QTabBar>
#include <QTabWidget>
#include <QTableView>
#include <QToolButton>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;
using namespace Qt::StringLiterals;

class TestCompare : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;
    std::filesystem::path m_first;
    std::filesystem::path m_second;

    QTableView* table(CompareWindow& window, const char* name) { return window.findChild<QTableView*>(QLatin1String(name)); }

private Q_SLOTS:
    void initTestCase()
    {
        using V = MetadataValue;
        m_first = m_folder / "first.gguf";
        m_second = m_folder / "second.gguf";
        auto tensors = quantlathe::test::madeLlama(2);
        quantlathe::test::writeMadeGguf(m_first, tensors, [](Metadata& metadata) {
            metadata.append("general.name", V::ofString("one"));
            metadata.append("llama.context_length", V::ofU32(512));
            metadata.append("only.first", V::ofBool(true));
        });
        for (auto& tensor : tensors) {
            if (tensor.name == "blk.1.attn_q.weight")
                tensor.type = TensorType::Q4_0;
            if (tensor.name == "blk.0.ffn_up.weight") {
                for (float& weight : tensor.weights)
                    weight *= 1.01F;
            }
        }
        tensors.pop_back(); // output_norm
        tensors.push_back(quantlathe::test::madeTensor("extra.weight", {4, 256}, TensorType::F32, 99));
        quantlathe::test::writeMadeGguf(m_second, tensors, [](Metadata& metadata) {
            metadata.append("general.name", V::ofString("two"));
            metadata.append("llama.context_length", V::ofU32(512));
            metadata.append("only.second", V::ofArray(MetadataArray::fromInts({1, 2})));
        });
    }

    void metadataDifferences()
    {
        using Kind = MetadataDifference::Kind;
        const auto differences = compareMetadata(openModel(m_first)->metadata(), openModel(m_second)->metadata());
        QCOMPARE(differences.size(), 3u);
        QVERIFY(differences[0].kind == Kind::Changed && differences[0].key == "general.name");
        QVERIFY(differences[1].kind == Kind::OnlyInFirst && differences[1].key == "only.first" && !differences[1].second);
        QVERIFY(differences[2].kind == Kind::OnlyInSecond && differences[2].key == "only.second" && !differences[2].first);
        QVERIFY(compareMetadata(openModel(m_first)->metadata(), openModel(m_first)->metadata()).empty());
    }

    void modelsHoldTheirContract()
    {
        auto comparison = std::make_shared<ModelComparison>();
        comparison->first = openModel(m_first);
        comparison->second = openModel(m_second);
        comparison->metadata = compareMetadata(comparison->first->metadata(), comparison->second->metadata());
        comparison->tensors = compareModels(*comparison->first, *comparison->second, 0, {});
        using Mode = QAbstractItemModelTester::FailureReportingMode;
        TensorComparisonModel tensors;
        const QAbstractItemModelTester tensorTester(&tensors, Mode::QtTest);
        MetadataDiffModel metadata;
        const QAbstractItemModelTester metadataTester(&metadata, Mode::QtTest);
        DifferenceMapModel map;
        const QAbstractItemModelTester mapTester(&map, Mode::QtTest);
        tensors.setComparison(comparison);
        metadata.setComparison(comparison);
        map.setComparison(comparison);
        QCOMPARE(tensors.rowCount(), 11);
        QCOMPARE(metadata.rowCount(), 3);
        QCOMPARE(map.rowCount(), 3); // two layers and what is outside
        // The map: identical fields at the lower end, the coarser difference further up.
        int identical = 0;
        double quantized = 0;
        double scaled = 0;
        for (int row = 0; row < map.rowCount(); ++row) {
            for (int column = 0; column < map.columnCount(); ++column) {
                const QModelIndex cell = map.index(row, column);
                const auto tensorRow = map.tensorRow(cell);
                if (!tensorRow)
                    continue;
                const double value = cell.data(ErrorMapModel::SortRole).toDouble();
                const std::string& name = tensors.tensor(*tensorRow).name;
                identical += value == 0;
                if (name == "blk.1.attn_q.weight")
                    quantized = value;
                if (name == "blk.0.ffn_up.weight")
                    scaled = value;
            }
        }
        QVERIFY(identical >= 3);
        QVERIFY2(quantized > 0.05 && quantized < 0.15, qPrintable(QString::number(quantized)));
        QVERIFY2(std::abs(scaled - 0.01) < 1e-4, qPrintable(QString::number(scaled)));
        tensors.setComparison(nullptr);
        metadata.setComparison(nullptr);
        map.setComparison(nullptr);
        QCOMPARE(map.rowCount(), 0);
    }

    void theWindowShowsAllPages()
    {
        MainWindow window;
        window.show();
        window.document().setModel(openModel(m_first));
        QVERIFY(window.findChild<QAction*>(u"compareAction"_s)->isEnabled());
        CompareWindow* compare = window.compareWith(QString::fromStdString(m_second.string()));
        QTRY_VERIFY(!compare->isBusy());
        auto* tensors = table(*compare, "compareTensors");
        QTRY_COMPARE(tensors->model()->rowCount(), 11);
        QVERIFY(compare->findChild<QLabel*>(u"compareSummary"_s)->text().contains(u"7 of 11 tensors are identical"_s));
        QCOMPARE(table(*compare, "compareMetadata")->model()->rowCount(), 3);
        // Sorted by the difference, the largest first; CSV has plain numbers.
        tensors->sortByColumn(TensorComparisonModel::RelativeRms, Qt::DescendingOrder);
        QCOMPARE(tensors->model()->index(0, 0).data().toString(), u"blk.1.attn_q.weight"_s);
        const QStringList lines = csvText(*tensors).split(u"\r\n"_s);
        QVERIFY2(lines[1].startsWith(u"blk.1.attn_q.weight,F32,Q4_0,Different,0.0"_s), qPrintable(lines[1]));
        // The chosen tensor's distributions lie over each other.
        tensors->setCurrentIndex(tensors->model()->index(0, 0));
        QTest::mouseClick(compare->tabs().tabBar(), Qt::LeftButton, {}, compare->tabs().tabBar()->tabRect(2).center());
        QTRY_VERIFY(compare->histogram().graph(1)->visible());
        QTRY_VERIFY(!compare->isBusy());
        QCOMPARE(compare->histogram().graph(0)->name(), u"first.gguf"_s);
        QCOMPARE(compare->histogram().graph(1)->name(), u"second.gguf"_s);
        double first = 0;
        double second = 0;
        for (int bin = 0; bin + 1 < compare->histogram().graph(0)->dataCount(); ++bin) {
            first += compare->histogram().graph(0)->dataMainValue(bin);
            second += compare->histogram().graph(1)->dataMainValue(bin);
        }
        QCOMPARE(first, 65536.0);
        QCOMPARE(second, 65536.0);
        // The plot can be copied and saved like all others.
        auto* more = compare->findChild<QToolButton*>(u"compareHistogramMenu"_s);
        QVERIFY(more->isVisible() && more->menu()->findChild<QAction*>(u"saveImage"_s));
        QApplication::clipboard()->clear();
        more->menu()->findChild<QAction*>(u"copyImage"_s)->trigger();
        QVERIFY(!QApplication::clipboard()->image().isNull());
        auto* logarithmic = compare->findChild<QCheckBox*>();
        QTest::mouseClick(logarithmic, Qt::LeftButton, {}, {8, logarithmic->height() / 2});
        QVERIFY(compare->histogram().yAxis->range().lower > 0);
        // A field of the map leads to its tensor, by a click on the page's tab and keys on the map.
        QTabBar& bar = *compare->tabs().tabBar();
        QTest::mouseClick(&bar, Qt::LeftButton, {}, bar.tabRect(3).center());
        QCOMPARE(compare->tabs().currentIndex(), 3);
        auto* map = compare->findChild<ErrorMapView*>(u"compareMap"_s);
        QVERIFY2(csvText(*map).contains(u",0.0"_s), qPrintable(csvText(*map))); // numbers, not percents
        QTest::mouseClick(map->viewport(), Qt::LeftButton, {}, map->visualRect(map->model()->index(0, 0)).center());
        QTest::keyClick(map, Qt::Key_Return);
        QTRY_COMPARE(compare->tabs().currentIndex(), 0);
        QTest::keyClick(compare, Qt::Key_M, Qt::AltModifier); // pages by keys, too
        QTRY_COMPARE(compare->tabs().currentIndex(), 1);
        compare->close();
    }

    void failuresAreTold()
    {
        CompareWindow compare(openModel(m_first));
        compare.show();
        compare.compareWith(QString::fromStdString((m_folder / "nowhere.gguf").string()));
        QTRY_VERIFY(!compare.isBusy());
        QVERIFY(!compare.tensors().isVisible());
        compare.compareWith(QString::fromStdString(m_second.string())); // closed while it runs
    }
};

QTEST_MAIN(TestCompare)
#include "tst_compare.moc"
