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
#include <QAction>
#include <QClipboard>
#include <QContextMenuEvent>
#include <QImage>
#include <QMenu>
#include <QMouseEvent>
#include <QPainter>
#include <QSignalSpy>
#include <QSvgRenderer>
#include <QToolButton>

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
        file.close();
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(file.readAll().contains("%%EOF"));
        const QString svg = QString::fromStdString((folder / "plot.svg").string());
        QCOMPARE(savePlot(plot, svg), QString());
        QSvgRenderer drawing(svg);
        QVERIFY(drawing.isValid());
        QCOMPARE(drawing.viewBox(), QRect(0, 0, 300, 200));
        QImage drawn(300, 200, QImage::Format_RGB32);
        drawn.fill(Qt::magenta);
        QPainter painter(&drawn);
        drawing.render(&painter);
        painter.end();
        const QImage seen = plot.toPixmap(300, 200).toImage();
        // The highest bar is where it is on the screen.
        const QPoint bar(static_cast<int>(plot.xAxis->coordToPixel(0.5)), plot.axisRect()->bottom() - 20);
        const QColor a = drawn.pixelColor(bar);
        const QColor b = seen.pixelColor(bar);
        QVERIFY(std::abs(a.red() - b.red()) + std::abs(a.green() - b.green()) + std::abs(a.blue() - b.blue()) < 60);
        QVERIFY(savePlot(plot, QString::fromStdString((folder / "no/such/folder.png").string())).contains(QLatin1String("could not")));
        copyPlot(plot);
        QCOMPARE(QApplication::clipboard()->image().size(), QSize(600, 400));
    }

    void oneMenuForAllPlots()
    {
        HistogramPlot plot;
        plot.resize(300, 200);
        plot.setOriginal(histogram());
        plot.show();
        QToolButton button;
        QMenu* menu = makePlotMenu(button, plot, QStringLiteral("picture"));
        QCOMPARE(button.menu(), menu);
        for (const char* action : {"showEverything", "copyImage", "saveImage"})
            QVERIFY2(menu->findChild<QAction*>(QLatin1String(action)), action);
        plot.xAxis->setRange(0, 1);
        QVERIFY(plot.isZoomed());
        menu->findChild<QAction*>(QStringLiteral("showEverything"))->trigger();
        QVERIFY(!plot.isZoomed());
        QApplication::clipboard()->clear();
        menu->findChild<QAction*>(QStringLiteral("copyImage"))->trigger();
        QCOMPARE(QApplication::clipboard()->image().size(), QSize(600, 400));
        // The context menu is the same one.
        QContextMenuEvent event(QContextMenuEvent::Keyboard, QPoint(20, 20), plot.mapToGlobal(QPoint(20, 20)));
        QApplication::sendEvent(&plot, &event);
        QVERIFY(menu->isVisible());
        menu->close();
    }

    void cursorFollowsThePointer()
    {
        HistogramPlot plot;
        plot.resize(600, 400);
        plot.setOriginal(histogram());
        plot.show();
        QVERIFY(QTest::qWaitForWindowExposed(&plot));
        plot.replot();
        const QImage before = plot.grab().toImage();
        QVERIFY(!plot.cursor());
        const QPoint third(static_cast<int>(plot.xAxis->coordToPixel(0.5)), plot.axisRect()->center().y());
        QMouseEvent move(QEvent::MouseMove, third, plot.mapToGlobal(third), Qt::NoButton, Qt::NoButton, {});
        QApplication::sendEvent(&plot, &move);
        QVERIFY(plot.cursor());
        QCOMPARE(plot.cursorText(), QStringLiteral("0 to 1\nAs stored: 1,000,000 weights"));
        // The lines cross at the pointer, and the numbers are written in the corner away from it.
        const QImage after = plot.grab().toImage();
        const auto differs = [&](const QRect& area) {
            for (int y = area.top(); y <= area.bottom(); ++y) {
                for (int x = area.left(); x <= area.right(); ++x) {
                    if (before.pixel(x, y) != after.pixel(x, y))
                        return true;
                }
            }
            return false;
        };
        const QRect area = plot.axisRect()->rect();
        QVERIFY(differs({third.x() - 1, area.top() + 60, 3, 60}));
        QVERIFY(differs({area.left() + 8, area.top() + 8, 60, 20}));
        QVERIFY(!differs({area.right() - 60, area.top() + 40, 50, 60}));
        // Saved pictures have no cursor.
        QCOMPARE(plot.toPixmap(600, 400).toImage(), [&] {
            plot.hideCursor();
            return plot.toPixmap(600, 400).toImage();
        }());
        QCOMPARE(plot.grab().toImage(), before);
    }

    void cursorByKeyboard()
    {
        HistogramPlot plot;
        plot.resize(600, 400);
        plot.setOriginal(histogram());
        plot.setAccessibleDescription(QStringLiteral("Four bins"));
        plot.show();
        QVERIFY(QTest::qWaitForWindowExposed(&plot));
        plot.replot();
        plot.setFocus();
        QTest::keyClick(&plot, Qt::Key_Right, Qt::ShiftModifier); // appears in the middle
        QVERIFY(plot.cursorText().startsWith(QStringLiteral("0 to 1\n")));
        QVERIFY(plot.accessibleDescription().startsWith(plot.cursorText()));
        QVERIFY(plot.accessibleDescription().contains(QStringLiteral("Four bins")));
        QTest::keyClick(&plot, Qt::Key_Right, Qt::ShiftModifier); // from bin to bin
        QVERIFY(plot.cursorText().startsWith(QStringLiteral("1 to 2\n")));
        QTest::keyClick(&plot, Qt::Key_Right, Qt::ShiftModifier); // and stays inside
        QVERIFY(plot.cursorText().startsWith(QStringLiteral("1 to 2\n")));
        QTest::keyClick(&plot, Qt::Key_Left, Qt::ShiftModifier | Qt::ControlModifier);
        QVERIFY(plot.cursorText().startsWith(QStringLiteral("-2 to -1\n")));
        const QString text = plot.cursorText();
        plot.xAxis->setRange(-2, 0); // it stays with its data
        QCOMPARE(plot.cursorText(), text);
        QTest::keyClick(&plot, Qt::Key_Escape);
        QVERIFY(!plot.cursor());
        QCOMPARE(plot.accessibleDescription(), QStringLiteral("Four bins"));
        // Without Shift the arrows pan.
        QTest::keyClick(&plot, Qt::Key_Right);
        QVERIFY(!plot.cursor());
    }

    void cursorGoesFromRowToRow()
    {
        RowErrorPlot plot;
        plot.resize(500, 300);
        plot.setRows({0.1f, 0.2f, 0.3f}, {3, 64}, 0.2);
        plot.show();
        QVERIFY(QTest::qWaitForWindowExposed(&plot));
        plot.replot();
        plot.setFocus();
        QStringList read;
        QTest::keyClick(&plot, Qt::Key_Left, Qt::ShiftModifier);
        for (int step = 0; step < 3; ++step) {
            read << plot.cursorText().section(u':', 0, 0);
            QTest::keyClick(&plot, Qt::Key_Right, Qt::ShiftModifier);
        }
        QCOMPARE(read, QStringList({QStringLiteral("Row 1"), QStringLiteral("Row 2"), QStringLiteral("Row 2")}));
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
