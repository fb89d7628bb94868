// SPDX-License-Identifier: GPL-3.0-or-later
// The plots themselves: what the pointer says, zooming by mouse and keys, downsampling that keeps every peak, pictures.
#include "ui/look/theme.h"
#include "ui/parts/number_text.h"
#include "ui/parts/row_label.h"
#include "ui/plots/column_extremes.h"
#include "ui/plots/histogram_plot.h"
#include "ui/plots/plot_export.h"
#include "ui/plots/row_error_plot.h"
#include "ui/ui_test_support.h"

#include <QApplication>
#include <QClipboard>
#include <QImage>
#include <QSignalSpy>

#include <cmath>
#include <limits>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestPlots : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;

    static Histogram histogram() { return {-2, 2, {1, 0, 1000000, 3}}; }

private Q_SLOTS:
    void extremesKeepPeaks()
    {
        std::vector<float> values(100000, 1.0f);
        values[54321] = 50.0f;
        values[54322] = -7.0f;
        const auto ranges = columnExtremes(values, 0, values.size(), 300);
        QCOMPARE(ranges.size(), 300u);
        float high = 0;
        float low = 0;
        for (const ColumnRange& range : ranges) {
            high = std::max(high, range.high);
            low = std::min(low, range.low);
            QVERIFY(range.position >= 0 && range.position < 100000);
        }
        QCOMPARE(high, 50.0f);
        QCOMPARE(low, -7.0f);
    }

    void extremesOfFewValuesAreTheValues()
    {
        const std::vector<float> values{3, 1, std::numeric_limits<float>::infinity(), 2};
        QCOMPARE(columnExtremes(values, 0, 4, 1000), (std::vector<ColumnRange>{{0, 3, 3}, {1, 1, 1}, {3, 2, 2}}));
        QCOMPARE(columnExtremes(values, 1, 99, 1), (std::vector<ColumnRange>{{2, 1, 2}}));
        QVERIFY(columnExtremes(values, 4, 4, 10).empty());
        QVERIFY(columnExtremes({}, 0, 0, 10).empty());
    }

    void histogramTip()
    {
        HistogramPlot plot;
        plot.resize(600, 400);
        plot.setOriginal(histogram());
        plot.setQuantized({-2, 2, {0, 0, 1000003, 1}}, QStringLiteral("Q4_K"));
        plot.show();
        plot.replot();
        const QPointF third(plot.xAxis->coordToPixel(0.5), plot.axisRect()->center().y());
        QCOMPARE(plot.tipAt(third), QStringLiteral("0 to 1\nAs stored: 1,000,000 weights\nQuantized to Q4_K: 1,000,003 weights"));
        QCOMPARE(plot.tipAt({1, 1}), QString()); // outside the axes
    }

    void logarithmicAxisKeepsSmallCountsVisible()
    {
        HistogramPlot plot;
        plot.resize(600, 400);
        plot.setOriginal(histogram());
        plot.show();
        plot.replot();
        const double linear = plot.yAxis->coordToPixel(0) - plot.yAxis->coordToPixel(3);
        QVERIFY(linear < 2);
        plot.setLogarithmic(true);
        plot.replot();
        QVERIFY(plot.axisRect()->bottom() - plot.yAxis->coordToPixel(3) > 20);
        QVERIFY(plot.yAxis->range().lower > 0);
    }

    void zoomStaysInsideTheDataAndGoesBack()
    {
        HistogramPlot plot;
        plot.resize(600, 400);
        plot.setOriginal(histogram());
        plot.show();
        QVERIFY(QTest::qWaitForWindowExposed(&plot));
        QSignalSpy spy(&plot, &Plot::zoomChanged);
        plot.setFocus();
        QTest::keyClick(&plot, Qt::Key_Plus);
        QVERIFY(plot.isZoomed());
        QVERIFY(spy.last().first().toBool());
        const double width = plot.xAxis->range().size();
        QVERIFY(width < 4);
        for (int step = 0; step < 20; ++step)
            QTest::keyClick(&plot, Qt::Key_Right);
        QCOMPARE(plot.xAxis->range().upper, 2.0);
        QVERIFY(std::abs(plot.xAxis->range().size() - width) < 1e-9); // panning does not zoom
        for (int step = 0; step < 20; ++step)
            QTest::keyClick(&plot, Qt::Key_Minus);
        QCOMPARE(plot.xAxis->range().lower, -2.0);
        QCOMPARE(plot.xAxis->range().upper, 2.0);
        QTest::keyClick(&plot, Qt::Key_Plus);
        QTest::mouseDClick(&plot, Qt::LeftButton, {}, plot.axisRect()->center());
        QVERIFY(!plot.isZoomed());
        QTest::keyClick(&plot, Qt::Key_Plus);
        QTest::keyClick(&plot, Qt::Key_Home);
        QVERIFY(!plot.isZoomed());
    }

    void equalWeightsMakeOneBar()
    {
        HistogramPlot plot;
        plot.resize(600, 400);
        plot.setOriginal({1, 1, {0, 0, 0, 5}});
        QVERIFY(plot.xAxis->range().lower < 1 && plot.xAxis->range().upper > 1);
        plot.show();
        plot.replot();
        QVERIFY(!plot.tipAt({plot.xAxis->coordToPixel(1.005), plot.axisRect()->center().y() * 1.0}).isEmpty());
    }

    void rowPlotDrawsExtremesOfManyRows()
    {
        std::vector<float> rows(300000, 0.01f);
        rows[123456] = 0.9f;
        RowErrorPlot plot;
        plot.resize(500, 300);
        plot.setRows(rows, {300000, 64}, 0.011);
        plot.show();
        plot.replot();
        QVERIFY(plot.graph(0)->dataCount() <= 500);
        bool foundRange = false;
        const double highest = plot.graph(0)->getValueRange(foundRange).upper;
        QVERIFY(std::abs(highest - 90) < 1e-3);
        // Zoomed in to single rows the tip names them.
        plot.xAxis->setRange(123450, 123460);
        plot.replot();
        QCOMPARE(plot.tipAt({plot.xAxis->coordToPixel(123456), plot.axisRect()->center().y() * 1.0}),
                 QStringLiteral("Row 123456: 90.00 %"));
    }

    void coloursFollowThePalette()
    {
        HistogramPlot plot;
        QPalette dark;
        dark.setColor(QPalette::Base, Qt::black);
        dark.setColor(QPalette::Text, Qt::white);
        plot.setPalette(dark);
        QCOMPARE(plot.xAxis->tickLabelColor(), QColor(Qt::white));
        QCOMPARE(plot.legend->textColor(), QColor(Qt::white));
        plot.resize(300, 200);
        plot.setOriginal(histogram());
        QCOMPARE(QColor(plot.toPixmap(300, 200).toImage().pixel(1, 1)), QColor(Qt::black));
        QPalette light;
        light.setColor(QPalette::Base, Qt::white);
        light.setColor(QPalette::Text, Qt::black);
        plot.setPalette(light);
        QCOMPARE(plot.xAxis->tickLabelColor(), QColor(Qt::black));
    }

    void savesPictures()
    {
        const quantlathe::test::ScratchFolder folder;
        HistogramPlot plot;
        plot.resize(300, 200);
        plot.setOriginal(histogram());
        const QString png = QString::fromStdString((folder / "plot.png").string());
        QCOMPARE(savePlot(plot, png), QString());
        QCOMPARE(QImage(png).size(), QSize(600, 400));
        const QString pdf = QString::fromStdString((folder / "plot.PDF").string());
        QCOMPARE(savePlot(plot, pdf), QString());
        QFile file(pdf);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(file.read(5) == "%PDF-");
        QVERIFY(savePlot(plot, QString::fromStdString((folder / "no/such/folder.png").string())).contains(QLatin1String("could not")));
        copyPlot(plot);
        QCOMPARE(QApplication::clipboard()->image().size(), QSize(600, 400));
    }

    void rowsOfStacks()
    {
        const Shape stack{8, 100, 64};
        QCOMPARE(rowLabel(stack, 317), QStringLiteral("[3, 17]"));
        QCOMPARE(rowLabel({100, 64}, 17), QStringLiteral("17"));
        QCOMPARE(rowFromText(stack, QStringLiteral("3, 17")), std::optional<std::uint64_t>(317));
        QCOMPARE(rowFromText(stack, QStringLiteral("[7, 99]")), std::optional<std::uint64_t>(799));
        QCOMPARE(rowFromText(stack, QStringLiteral("317")), std::optional<std::uint64_t>(317));
        for (const char* wrong : {"8, 0", "0, 100", "800", "-1", "", "1, 2, 3", "x", "1,"})
            QVERIFY2(!rowFromText(stack, QLatin1String(wrong)), wrong);
    }

    void numbersAsText()
    {
        QCOMPARE(weightText(std::nan("")), QStringLiteral("NaN"));
        QCOMPARE(weightText(0.125), QStringLiteral("0.125"));
        QCOMPARE(decibelText(std::numeric_limits<double>::infinity()), QStringLiteral("∞"));
        QCOMPARE(shareText(0), QStringLiteral("0 %"));
        QCOMPARE(shareText(1e-9), QStringLiteral("< 0.0001 %"));
        QCOMPARE(shareText(0.125), QStringLiteral("12.50 %"));
        QCOMPARE(durationText(4.26), QStringLiteral("4.3 s"));
        QCOMPARE(durationText(200), QStringLiteral("3 min 20 s"));
        QCOMPARE(durationText(7500), QStringLiteral("2 h 05 min"));
        QCOMPARE(durationText(-1), QStringLiteral("unknown"));
    }
};

QTEST_MAIN(TestPlots)
#include "tst_plots.moc"
