// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/map/channel_panel.h"
#include "ui/ui_test_support.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestChannels : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;

private Q_SLOTS:
    void rowsAndColumnsOfTheSelection()
    {
        Document document;
        ChannelPanel panel(document);
        panel.resize(500, 500);
        panel.show();
        const auto* hint = panel.findChild<QLabel*>(QStringLiteral("channelHint"));
        QVERIFY(hint->text().startsWith(QStringLiteral("Open a model")));
        document.setModel(makeModel(m_folder, {{"blk.0.attn_q.weight", {700, 256}}, {"blk.0.attn_k.weight", {8, 64}}}));
        QTRY_VERIFY(hint->text().startsWith(QStringLiteral("Select a single")));
        document.setSelection({0, 1}, std::nullopt);
        QVERIFY(hint->isVisible());
        document.setSelection({0}, 0);
        QTRY_VERIFY_WITH_TIMEOUT(panel.plot().isVisible(), 20000);
        auto* measure = panel.findChild<QComboBox*>(QStringLiteral("channelMeasure"));
        QCOMPARE(measure->count(), 2); // kept as stored: no errors
        document.setType({0}, TensorType::Q4_K, QStringLiteral("Set"));
        QTRY_COMPARE_WITH_TIMEOUT(measure->count(), 4, 20000);
        measure->setFocus();
        QTest::keyClick(measure, Qt::Key_End);
        QCOMPARE(panel.plot().measure(), ChannelPlot::Measure::RmsError);

        const ChannelMapOptions options{512, 512, TensorType::Q4_K, {}, {}, 0};
        const ChannelMap expected = measureChannels(document.model()->tensors()[0], options, {});
        QTRY_VERIFY(panel.plot().hasErrors());
        QCOMPARE(panel.plot().valueAt(3, 17), expected.rmsError[3 * expected.columns + 17]);
        QTest::qWait(50); // drawn
        const QPointF place(panel.plot().xAxis->coordToPixel(100), panel.plot().yAxis->coordToPixel(699));
        const QString tip = panel.plot().tipAt(place);
        QVERIFY2(tip.contains(QStringLiteral("698 to 699, column 100")) && tip.contains(QStringLiteral("RMS")), qPrintable(tip));
        QVERIFY(panel.plot().tipAt({2, 2}).isEmpty());
        panel.findChild<QCheckBox*>(QStringLiteral("channelLogarithmic"))->click();
        QTest::qWait(50);
        QTest::keyClick(&panel.plot(), Qt::Key_Plus);
        QVERIFY(panel.plot().isZoomed());
        QTest::keyClick(&panel.plot(), Qt::Key_Home);
        QVERIFY(!panel.plot().isZoomed());
        // A single row still has a picture.
        document.setSelection({1}, 1);
        QTRY_COMPARE(measure->count(), 2);
        QTRY_VERIFY(panel.plot().isVisible());
    }

    void goesAwayWhileMeasuring()
    {
        Document document;
        document.setModel(makeModel(m_folder, {{"blk.0.attn_q.weight", {4096, 256}}}, "large.bin"));
        document.setType({0}, TensorType::IQ2_XS, QStringLiteral("Set"));
        for (int round = 0; round < 5; ++round) {
            ChannelPanel panel(document);
            panel.show();
            document.setSelection({0}, 0);
            QTest::qWait(5 * round);
            document.setSelection({}, std::nullopt);
        }
    }
};

QTEST_MAIN(TestChannels)
#include "tst_channels.moc"
