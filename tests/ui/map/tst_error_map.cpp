// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/map/colour_scale.h"
#include "ui/map/error_map_model.h"
#include "ui/map/error_map_panel.h"
#include "ui/map/error_map_view.h"
#include "ui/map/layer_plot.h"
#include "ui/map/map_source.h"
#include "ui/text.h"
#include "ui/ui_test_support.h"

#include <QAbstractItemModelTester>
#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QToolButton>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestErrorMap : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;

    std::shared_ptr<const Model> model()
    {
        // Two layers; 1,024 rows are more than a sample.
        return makeModel(m_folder, {{"token_embd.weight", {64, 256}}, {"blk.0.attn_q.weight", {256, 256}}, {"blk.0.ffn_down.weight", {1024, 256}},
                                    {"blk.0.attn_norm.weight", {256}}, {"blk.1.attn_q.weight", {256, 256}}, {"blk.1.ffn_down.weight", {1024, 256}}});
    }

    static void choose(QWidget& panel, const char* combo, const QString& text)
    {
        auto* box = panel.findChild<QComboBox*>(QLatin1String(combo));
        const int index = box->findText(text);
        QVERIFY2(index >= 0, qPrintable(text));
        box->setCurrentIndex(index);
        Q_EMIT box->activated(index);
    }

private Q_SLOTS:
    void theModelKeepsItsPromises()
    {
        Document document;
        MapSource source(document);
        ErrorMapModel layers(source, ErrorMapModel::Part::Layers);
        ErrorMapModel outside(source, ErrorMapModel::Part::Outside);
        const QAbstractItemModelTester tester(&layers, QAbstractItemModelTester::FailureReportingMode::QtTest);
        const QAbstractItemModelTester outsideTester(&outside, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QCOMPARE(layers.rowCount(), 0);
        document.setModel(model());
        QCOMPARE(layers.rowCount(), 2);
        QCOMPARE(layers.columnCount(), 2);
        QCOMPARE(layers.headerData(0, Qt::Horizontal, Qt::DisplayRole).toString(), QStringLiteral("attn_q"));
        QCOMPARE(layers.headerData(0, Qt::Horizontal, Qt::ToolTipRole).toString(), QStringLiteral("Attention query"));
        QCOMPARE(layers.headerData(1, Qt::Vertical, Qt::DisplayRole).toInt(), 1);
        QCOMPARE(outside.rowCount(), 1);
        QCOMPARE(outside.headerData(0, Qt::Horizontal, Qt::DisplayRole).toString(), QStringLiteral("token_embd"));
        document.setType(document.allTensors(), TensorType::Q4_K, QStringLiteral("Set"));
        source.setMeasure(MapMeasure::BitsPerWeight);
        QCOMPARE(layers.index(0, 0).data().toString(), QStringLiteral("4.50"));
        document.close();
        QCOMPARE(layers.rowCount(), 0);
    }

    void sampledAndExactAreToldApart()
    {
        Document document;
        document.previews().setThorough(false); // exact only what is looked at
        MapSource source(document);
        ErrorMapModel layers(source, ErrorMapModel::Part::Layers);
        document.setModel(model());
        source.setTypes({MapSource::Types::Kind::One, TensorType::Q4_K});
        const QModelIndex down = layers.index(0, 1);
        const MapSource::Field field = layers.field(down);
        QTRY_VERIFY_WITH_TIMEOUT(source.value(field).isKnown(), 20000);
        QTRY_VERIFY_WITH_TIMEOUT(!document.isMeasuring(), 20000);
        QCOMPARE(source.value(field).quality, PairError::Quality::Sampled);
        const QString sampled = source.valueText(source.value(field));
        QVERIFY2(sampled.startsWith(QStringLiteral("≈")), qPrintable(sampled));
        QVERIFY(source.description(field).contains(QStringLiteral("95 % confidence")));
        QVERIFY(down.data(Qt::DisplayRole).toString().startsWith(QStringLiteral("≈"))); // this is looking at it
        QTRY_COMPARE_WITH_TIMEOUT(source.value(field).quality, PairError::Quality::Exact, 20000);
        const double expected = measureError(document.model()->tensors()[2], TensorType::Q4_K, {}, {}).total.relativeRms();
        QCOMPARE(down.data(ErrorMapModel::SortRole).toDouble(), expected);
        QCOMPARE(down.data().toString(), relativeErrorText(expected));
        QCOMPARE(source.value({1, 1}).quality, PairError::Quality::Sampled); // nobody looked there
    }

    void measuresAndTypes()
    {
        Document document;
        ErrorMapPanel panel(document);
        panel.resize(900, 500);
        panel.show();
        QVERIFY(panel.findChild<QLabel*>(QStringLiteral("mapHint"))->isVisible());
        document.setModel(model());
        QVERIFY(panel.layers().isVisible());
        QTRY_VERIFY_WITH_TIMEOUT(!document.isMeasuring(), 30000);
        MapSource& source = panel.source();
        QCOMPARE(source.value({0, 0}).value, 0.0); // nothing is chosen yet: copied
        choose(panel, "mapTypes", QStringLiteral("all as Q4_0"));
        QVERIFY(source.value({0, 0}).value > 0.01);
        const double q4 = source.value({0, 0}).value;
        choose(panel, "mapTypes", QStringLiteral("all as Q8_0"));
        QVERIFY(source.value({0, 0}).value < q4 / 5);
        choose(panel, "mapMeasure", QStringLiteral("Signal to noise"));
        QVERIFY(source.value({0, 0}).value > 30);
        choose(panel, "mapMeasure", QStringLiteral("Bytes"));
        QCOMPARE(source.value({0, 0}).value, 256 * 272.0);
        choose(panel, "mapTypes", QStringLiteral("the stored types"));
        QCOMPARE(source.value({0, 0}).value, 256 * 1024.0);
        choose(panel, "mapMeasure", QStringLiteral("Excess kurtosis"));
        QVERIFY(std::abs(source.value({0, 0}).value) < 0.5); // a bell curve
        choose(panel, "mapMeasure", QStringLiteral("Share of outliers"));
        QVERIFY(source.value({0, 0}).value < 0.001);
        choose(panel, "mapTypes", QStringLiteral("the chosen types"));
        choose(panel, "mapMeasure", QStringLiteral("Relative RMS error"));
        document.setType({1}, TensorType::Q2_K, QStringLiteral("Set"));
        QVERIFY(source.value({0, 0}).value > 0.1);
        document.undoStack().undo();
        QCOMPARE(source.value({0, 0}).value, 0.0);
        QVERIFY(panel.csv().startsWith(QStringLiteral("layer,role,measure,value,low,high,quality\n,token_embd,relative-rms,0,0,0,exact\n0,attn_q")));
    }

    void aClickSelectsInTheTreeAndBack()
    {
        Document document;
        ErrorMapPanel panel(document);
        panel.resize(900, 500);
        panel.show();
        document.setModel(model());
        QApplication::processEvents();
        ErrorMapView& layers = panel.layers();
        QTest::mouseClick(layers.viewport(), Qt::LeftButton, {}, layers.visualRect(layers.model()->index(1, 0)).center());
        QCOMPARE(document.selection(), TensorIndices{4});
        QCOMPARE(document.currentTensor(), std::optional<std::size_t>(4));
        QTest::keyClick(&layers, Qt::Key_Right);
        QCOMPARE(document.selection(), TensorIndices{5});
        ErrorMapView& outside = panel.outside();
        QTest::mouseClick(outside.viewport(), Qt::LeftButton, {}, outside.visualRect(outside.model()->index(0, 0)).center());
        QCOMPARE(document.selection(), TensorIndices{0});
        QVERIFY(layers.selectionModel()->selectedIndexes().isEmpty());
        // From elsewhere into the map: a layer selects its row.
        document.setSelection(document.tensorsOfLayer(0), std::nullopt);
        QCOMPARE(layers.selectionModel()->selectedIndexes().size(), 2);
        QVERIFY(outside.selectionModel()->selectedIndexes().isEmpty());
        document.setSelection({3}, 3); // a norm is not on the map
        QVERIFY(layers.selectionModel()->selectedIndexes().isEmpty());
        QCOMPARE(document.selection(), TensorIndices{3});
        // Several fields with Shift.
        QTest::mouseClick(layers.viewport(), Qt::LeftButton, {}, layers.visualRect(layers.model()->index(0, 0)).center());
        QTest::mouseClick(layers.viewport(), Qt::LeftButton, Qt::ShiftModifier, layers.visualRect(layers.model()->index(1, 1)).center());
        QCOMPARE(document.selection(), (TensorIndices{1, 2, 4, 5}));
        QTest::keyClick(&layers, Qt::Key_C, Qt::ControlModifier);
        QVERIFY(QApplication::clipboard()->text().contains(u'\t'));
    }

    void linesPerRole()
    {
        Document document;
        ErrorMapPanel panel(document);
        panel.resize(900, 500);
        panel.show();
        document.setModel(model());
        document.setType(document.allTensors(), TensorType::Q4_K, QStringLiteral("Set"));
        QTRY_VERIFY_WITH_TIMEOUT(!document.isMeasuring(), 30000);
        QTest::mouseClick(panel.findChild<QToolButton*>(QStringLiteral("showLines")), Qt::LeftButton);
        LayerPlot& plot = panel.plot();
        QVERIFY(plot.isVisible());
        QVERIFY(!plot.isZoomed()); // all of it, also the first time it is shown
        QCOMPARE(plot.lineCount(), 2);
        QTest::qWait(50); // drawn
        const double value = 100 * panel.source().value({1, 1}).value;
        const QPointF point(plot.xAxis->coordToPixel(1), plot.yAxis->coordToPixel(value));
        QVERIFY(plot.tipAt(point).contains(QStringLiteral("blk.1.")));
        QVERIFY(plot.tipAt(point + QPointF(0, 150)).isEmpty() || plot.tipAt(point - QPointF(0, 150)).isEmpty());
        QTest::mouseClick(&plot, Qt::LeftButton, {}, point.toPoint());
        QVERIFY(document.selection() == TensorIndices{5} || document.selection() == TensorIndices{4});
        QTest::mouseClick(panel.findChild<QToolButton*>(QStringLiteral("showMap")), Qt::LeftButton);
        QVERIFY(panel.layers().isVisible());
    }

    void aModelWithoutLayers()
    {
        Document document;
        ErrorMapPanel panel(document);
        panel.show();
        document.setModel(makeModel(m_folder, {{"something", {256}}}, "flat.bin"));
        QVERIFY(panel.findChild<QLabel*>(QStringLiteral("mapHint"))->text().contains(QStringLiteral("nothing to draw")));
        document.setModel(makeModel(m_folder, {{"token_embd.weight", {64, 256}}}, "embedding.bin"));
        QVERIFY(panel.outside().isVisible());
        QVERIFY(!panel.layers().isVisible());
    }

    void coloursGrowLighter()
    {
        double before = -1;
        for (int step = 0; step <= 20; ++step) {
            const QColor colour = scaleColour(step / 20.0);
            const double lightness = 0.299 * colour.redF() + 0.587 * colour.greenF() + 0.114 * colour.blueF();
            QVERIFY(lightness > before);
            before = lightness;
            const double text = textColourOn(colour).lightnessF();
            QVERIFY(std::abs(text - lightness) > 0.4);
        }
        QCOMPARE(scaleColour(-1), scaleColour(0));
        QCOMPARE(scaleColour(2), scaleColour(1));
    }
};

QTEST_MAIN(TestErrorMap)
#include "tst_error_map.moc"
