// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document.h"
#include "ui/memory/device_combo.h"
#include "ui/memory/memory_panel.h"
#include "ui/text.h"
#include "ui_test_support.h"

#include <QLabel>
#include <QLineEdit>
#include <QSlider>
#include <QSpinBox>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestMemoryPanel : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;

    static QString figure(MemoryPanel& panel, int number)
    {
        return panel.findChild<QLabel*>(QStringLiteral("memoryFigure%1").arg(number))->text();
    }

private Q_SLOTS:
    void init() { m_settings.clear(); }

    void followsEveryEdit()
    {
        Document document;
        MemoryPanel panel(document);
        QCOMPARE(figure(panel, 0), QStringLiteral("–"));
        document.setModel(makeModel(m_folder, smallModelSpec()));
        const QString before = figure(panel, 1);
        QCOMPARE(before, bytesText(document.memoryEstimate().weightBytes));
        document.setType(document.allTensors(), TensorType::Q4_0, QStringLiteral("Set"));
        QVERIFY(figure(panel, 1) != before);
        QCOMPARE(figure(panel, 0), bytesText(document.memoryEstimate().fileBytes));
        document.undoStack().undo();
        QCOMPARE(figure(panel, 1), before);
    }

    void sliderAndBoxAgree()
    {
        Document document;
        MemoryPanel panel(document);
        document.setModel(makeModel(m_folder, smallModelSpec()));
        auto* slider = panel.findChild<QSlider*>(QStringLiteral("memoryContextSlider"));
        auto* spin = panel.findChild<QSpinBox*>(QStringLiteral("memoryContext"));
        slider->setValue(0);
        QCOMPARE(spin->value(), 512);
        QCOMPARE(document.runtimeSettings().contextLength, 512u);
        slider->setValue(slider->value() + slider->pageStep());
        QCOMPARE(spin->value(), 1024);
        const QString kv = figure(panel, 3);
        spin->setValue(4096);
        QCOMPARE(slider->value(), 12);
        QVERIFY(figure(panel, 3) != kv);
    }

    void devicesByNameAndByAmount()
    {
        Document document;
        MemoryPanel panel(document);
        document.setModel(makeModel(m_folder, smallModelSpec()));
        auto* combo = panel.findChild<DeviceCombo*>(QStringLiteral("memoryDevice"));
        auto* verdict = panel.findChild<QLabel*>(QStringLiteral("memoryVerdict"));
        const auto type = [&](const QString& text) {
            combo->lineEdit()->selectAll();
            QTest::keyClicks(combo->lineEdit(), text);
            QTest::keyClick(combo->lineEdit(), Qt::Key_Return);
        };
        QVERIFY(document.devices().empty());
        type(QStringLiteral("12 GiB"));
        QVERIFY(!document.devices().empty());
        QCOMPARE(document.devices().front().totalBytes, 12ull << 30);
        QCOMPARE(document.memoryEstimate().verdict, MemoryEstimate::Verdict::Fits);
        QCOMPARE(verdict->text(), toQString(document.memoryEstimate().explanation));
        type(QStringLiteral("no such card"));
        QCOMPARE(document.devices().front().totalBytes, 12ull << 30);
        QVERIFY2(verdict->text().contains(QStringLiteral("no such card")), qPrintable(verdict->text()));
        combo->setCurrentIndex(1);
        Q_EMIT combo->activated(1);
        QCOMPARE(document.devices().front().name, devicePresets().front().name);

        // The next window starts with the same device.
        Document second;
        MemoryPanel secondPanel(second);
        QVERIFY(!second.devices().empty());
        QCOMPARE(second.devices().front().name, devicePresets().front().name);
        QCOMPARE(secondPanel.findChild<DeviceCombo*>()->currentIndex(), 1);
    }
};

QTEST_MAIN(TestMemoryPanel)
#include "tst_memory_panel.moc"
