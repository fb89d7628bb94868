// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/shape_models.h"
#include "ui/document.h"
#include "ui/memory/device_combo.h"
#include "ui/memory/device_list.h"
#include "ui/memory/memory_bar.h"
#include "ui/memory/memory_panel.h"
#include "ui/text.h"
#include "ui_test_support.h"

#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMouseEvent>
#include <QPushButton>
#include <QSettings>
#include <QSignalSpy>
#include <QSlider>
#include <QSpinBox>
#include <QStyleOptionSlider>
#include <QToolButton>

#include <algorithm>
#include <set>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;
using namespace quantlathe::test;

class TestMemoryPanel : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    ScratchFolder m_folder;
    const LlamaShape m_shape{"llama", 32, 4096, 14336, 32, 8, 128256};

    std::shared_ptr<const Model> largeModel(std::uint64_t experts = 0)
    {
        LlamaShape shape = m_shape;
        shape.experts = experts;
        if (experts > 0)
            shape.architecture = "qwen3moe";
        Architecture architecture = architectureOf(shape);
        architecture.parameters.contextLength = 131072;
        return makeShapeModel(m_folder.path(), architecture, tensorsOf(shape));
    }

    template <typename Widget> static Widget* find(QWidget& panel, const char* name)
    {
        return panel.findChild<Widget*>(QString::fromLatin1(name));
    }

    /// A figure of block @p block, by its line.
    static QString figure(QWidget& panel, int block, const QString& line)
    {
        const QWidget* const owner = panel.findChild<QWidget*>(QStringLiteral("memoryBlock%1").arg(block));
        if (owner) {
            for (const QLabel* label : owner->findChildren<QLabel*>()) {
                if (label->accessibleName() == line && !label->isHidden())
                    return label->text();
            }
        }
        return {};
    }

    static double middle(std::vector<double> values)
    {
        std::sort(values.begin(), values.end());
        return values[values.size() / 2];
    }

    static void type(DeviceList& list, const QString& text)
    {
        list.combo().lineEdit()->setFocus();
        list.combo().lineEdit()->selectAll();
        QTest::keyClicks(list.combo().lineEdit(), text);
        QTest::keyClick(list.combo().lineEdit(), Qt::Key_Return);
        QTest::qWait(1);
    }

private Q_SLOTS:
    void init() { m_settings.clear(); }

    void followsEveryEdit()
    {
        Document document;
        MemoryPanel panel(document);
        QVERIFY(figure(panel, 0, QStringLiteral("Weights")).isEmpty());
        document.setModel(makeModel(m_folder, smallModelSpec()));
        QTRY_COMPARE(figure(panel, 0, QStringLiteral("Weights")), bytesText(document.memoryEstimate().weightBytes));
        const QString before = figure(panel, 0, QStringLiteral("Weights"));
        document.setType(document.allTensors(), TensorType::Q4_0, QStringLiteral("Set"));
        QVERIFY(figure(panel, 0, QStringLiteral("Weights")) != before);
        document.undoStack().undo();
        QCOMPARE(figure(panel, 0, QStringLiteral("Weights")), before);
        document.setModel(nullptr);
        QVERIFY(find<QLabel>(panel, "memoryVerdict")->text().contains(QStringLiteral("Open a model")));
    }

    void sliderAndBoxAgree()
    {
        Document document;
        MemoryPanel panel(document);
        document.setModel(largeModel());
        panel.show();
        auto* slider = find<QSlider>(panel, "memoryContextSlider");
        auto* spin = find<QSpinBox>(panel, "memoryContext");
        slider->setValue(0);
        QCOMPARE(spin->value(), 512);
        QCOMPARE(document.runtimeSettings().contextLength, 512u);
        QTest::keyClick(slider, Qt::Key_PageUp);
        QCOMPARE(spin->value(), 1024);
        QCOMPARE(figure(panel, 0, QStringLiteral("KV cache")), QStringLiteral("128.0 MiB"));
        spin->setFocus();
        spin->selectAll();
        QTest::keyClicks(spin, QStringLiteral("4096"));
        QTest::keyClick(spin, Qt::Key_Return);
        QCOMPARE(slider->value(), 12);
        QTRY_COMPARE(QSettings().value(QStringLiteral("memory/context")).toInt(), 4096); // after a pause
        QCOMPARE(figure(panel, 0, QStringLiteral("KV cache")), QStringLiteral("512.0 MiB"));
    }

    // Each control reaches the document.
    void everySetting()
    {
        Document document;
        MemoryPanel panel(document);
        document.setModel(largeModel(8));
        panel.show();
        const auto& settings = document.runtimeSettings();
        QCOMPARE(settings.sequences, 4u); // the server's default
        QTest::mouseClick(find<QToolButton>(panel, "memoryAdvanced"), Qt::LeftButton);
        QVERIFY(find<QSpinBox>(panel, "memoryGpuLayers")->isVisible());
        find<QComboBox>(panel, "memoryKeyType")->setCurrentText(QStringLiteral("Q8_0"));
        find<QComboBox>(panel, "memoryValueType")->setCurrentText(QStringLiteral("Q5_1"));
        QVERIFY(settings.keyCacheType == TensorType::Q8_0 && settings.valueCacheType == TensorType::Q5_1);
        find<QSpinBox>(panel, "memorySlots")->setValue(3);
        QCOMPARE(settings.sequences, 3u);
        for (const auto& [name, value] : {std::pair{"memoryUnified", &RuntimeSettings::isCacheUnified},
                                          std::pair{"memoryFlashAttention", &RuntimeSettings::isFlashAttention},
                                          std::pair{"memoryCacheOnHost", &RuntimeSettings::isCacheOnHost},
                                          std::pair{"memoryWindowFull", &RuntimeSettings::isSlidingWindowFull},
                                          std::pair{"memoryOperationOffload", &RuntimeSettings::isOperationOffload}}) {
            const bool before = settings.*value;
            auto* box = find<QCheckBox>(panel, name);
            QTest::keyClick(box, Qt::Key_Space);
            QVERIFY2(settings.*value != before, name);
        }
        find<QSpinBox>(panel, "memoryMicroBatch")->setValue(128);
        QCOMPARE(settings.microBatch, 128u);
        find<QSpinBox>(panel, "memoryBatch")->setValue(1000);
        QCOMPARE(settings.batch, 1000u);
        find<QSpinBox>(panel, "memoryGpuLayers")->setValue(7);
        QVERIFY(settings.gpuLayers == 7u);
        QCOMPARE(document.memoryEstimate().devices[0].layers, std::size_t(6));
        find<QSpinBox>(panel, "memoryGpuLayers")->setValue(-1);
        QVERIFY(!settings.gpuLayers);
        find<QSpinBox>(panel, "memoryCpuExperts")->setValue(5);
        QCOMPARE(settings.cpuExpertLayers, 5u);
        find<QSpinBox>(panel, "memoryOutputs")->setValue(0);
        QVERIFY(settings.outputs == 0u);
        auto* split = find<QLineEdit>(panel, "memorySplit");
        QTest::keyClicks(split, QStringLiteral("3,1"));
        QTest::keyClick(split, Qt::Key_Return);
        QCOMPARE(settings.tensorSplit, (std::vector<double>{3, 1}));
        // Another runner brings its own defaults, visibly.
        find<QComboBox>(panel, "memoryRunner")->setCurrentText(QStringLiteral("vLLM"));
        QVERIFY(settings.runner == Runner::Vllm);
        QCOMPARE(find<QSpinBox>(panel, "memorySlots")->value(), 1);
        QVERIFY(!find<QSpinBox>(panel, "memoryGpuLayers")->isEnabled());
        QVERIFY(find<QLabel>(panel, "memoryNotes")->text().contains(QStringLiteral("not measured")));
    }

    void devicesByNameAndByAmount()
    {
        Document document;
        MemoryPanel panel(document);
        document.setModel(largeModel());
        panel.show();
        auto* list = panel.findChild<DeviceList*>();
        auto* rows = find<QListWidget>(panel, "memoryDevices");
        auto* verdict = find<QLabel>(panel, "memoryVerdict");
        QVERIFY(document.devices().empty());
        type(*list, QStringLiteral("24 GiB"));
        QCOMPARE(document.devices().size(), std::size_t(1));
        QCOMPARE(document.devices().front().totalBytes, 24ull << 30);
        QVERIFY(document.memoryEstimate().verdict == Verdict::Fits);
        QCOMPARE(verdict->text(), toQString(document.memoryEstimate().explanation));
        QVERIFY(list->combo().currentText().isEmpty());

        type(*list, QStringLiteral("no such card"));
        QCOMPARE(document.devices().size(), std::size_t(1));
        QVERIFY2(verdict->text().contains(QStringLiteral("no such card")), qPrintable(verdict->text()));

        type(*list, QStringLiteral("mine: 12 GiB, 900 GB/s"));
        QCOMPARE(document.devices().size(), std::size_t(2));
        QCOMPARE(document.devices()[1].bandwidthGBs, 900.0);
        QVERIFY(rows->item(1)->text().contains(QStringLiteral("mine")));
        QCOMPARE(figure(panel, 1, QStringLiteral("Weights")), bytesText(document.memoryEstimate().devices[1].weightBytes));
        QVERIFY(!figure(panel, 2, QStringLiteral("Outputs")).isEmpty()); // main memory comes last

        list->combo().setCurrentIndex(1);
        Q_EMIT list->combo().activated(1);
        QCOMPARE(document.devices()[2].name, devicePresets()[1].name);

        // The next window starts with the same devices.
        {
            Document second;
            MemoryPanel secondPanel(second);
            QVERIFY(second.devices() == document.devices());
            QCOMPARE(find<QListWidget>(secondPanel, "memoryDevices")->count(), 3);
        }
        rows->setCurrentRow(0);
        QTest::keyClick(rows, Qt::Key_Delete);
        QCOMPARE(document.devices().size(), std::size_t(2));
        QCOMPARE(document.devices()[0].name, std::string("mine"));
        QTest::mouseClick(find<QPushButton>(panel, "memoryRemoveDevice"), Qt::LeftButton);
        QTest::mouseClick(find<QPushButton>(panel, "memoryRemoveDevice"), Qt::LeftButton);
        QVERIFY(document.devices().empty() && !rows->isVisible());
    }

    void thisMachinesDevices()
    {
        Document document;
        MemoryPanel panel(document);
        document.setModel(largeModel());
        QTRY_VERIFY(!figure(panel, 0, QStringLiteral("Weights")).isEmpty());
        auto* list = panel.findChild<DeviceList*>();
        list->detect("libquantlathe-has-no-such.so");
        QTRY_VERIFY(find<QLabel>(panel, "memoryVerdict")->text().startsWith(QStringLiteral("No NVIDIA GPU")));
        QVERIFY(document.devices().empty());
        list->detect(QUANTLATHE_FAKE_NVML);
        QTRY_COMPARE(document.devices().size(), std::size_t(2));
        QCOMPARE(document.devices()[0].name, std::string("RTX 3090"));
    }

    // Answers come after a pause and change nothing until they are clicked.
    void whatFits()
    {
        Document document;
        MemoryPanel panel(document);
        document.setModel(largeModel(8));
        panel.show();
        type(*panel.findChild<DeviceList*>(), QStringLiteral("24 GiB"));
        auto* useLayers = find<QPushButton>(panel, "memoryUseLayers");
        auto* useExperts = find<QPushButton>(panel, "memoryUseExperts");
        QTRY_VERIFY(useLayers->isVisible() && useLayers->isEnabled());
        QVERIFY(!document.runtimeSettings().gpuLayers);
        QVERIFY(document.memoryEstimate().verdict == Verdict::DoesNotFit);
        QTest::mouseClick(useLayers, Qt::LeftButton);
        QVERIFY(document.runtimeSettings().gpuLayers);
        QVERIFY(document.memoryEstimate().verdict == Verdict::Fits || document.memoryEstimate().verdict == Verdict::LittleRoom);
        QTRY_VERIFY(useExperts->isVisible() && useExperts->isEnabled());
        QTest::mouseClick(useExperts, Qt::LeftButton);
        QVERIFY(!document.runtimeSettings().gpuLayers && document.runtimeSettings().cpuExpertLayers > 0);
        QVERIFY(document.memoryEstimate().verdict == Verdict::Fits || document.memoryEstimate().verdict == Verdict::LittleRoom);
        auto* useContext = find<QPushButton>(panel, "memoryUseContext");
        QTRY_VERIFY(useContext->isVisible() && useContext->isEnabled());
        QTest::keyClick(useContext, Qt::Key_Space);
        QVERIFY(document.runtimeSettings().contextLength > 8192);

        QVERIFY(!find<QToolButton>(panel, "memoryBestPlan")->isVisible());
        QAction action(QStringLiteral("Fit"));
        panel.setBestPlanAction(&action);
        QSignalSpy triggered(&action, &QAction::triggered);
        QTest::mouseClick(find<QToolButton>(panel, "memoryBestPlan"), Qt::LeftButton);
        QCOMPARE(triggered.count(), 1);
    }

    void beforeAndAfter()
    {
        Document document;
        MemoryPanel panel(document);
        document.setModel(largeModel());
        panel.show();
        auto* text = find<QLabel>(panel, "memoryBeforeAfter");
        QTRY_VERIFY2(text->text().contains(QStringLiteral("16.1 GB")), qPrintable(text->text()));
        document.setType(document.allTensors(), TensorType::Q4_0, QStringLiteral("Set"));
        QVERIFY2(text->text().contains(QStringLiteral("4.5 GB")) && text->text().contains(QStringLiteral("72 % saved")), qPrintable(text->text()));
        QTRY_VERIFY2(text->text().contains(QStringLiteral("1 × 16 GB")) && text->text().contains(QStringLiteral("1 × 8 GB")), qPrintable(text->text()));
        QCOMPARE(find<QLabel>(panel, "memoryBits")->text(), QStringLiteral("4.0 bits would be 4.0 GB; with scales it is 4.5 GB."));
        document.setType({0}, TensorType::Q8_0, QStringLiteral("Set"));
        QCOMPARE(find<QLabel>(panel, "memoryBits")->text(),
                 QStringLiteral("4.0 bits would be 4.0 GB; with scales and 8-bit tensors it is 4.8 GB."));
        document.setType({document.tensorsOfRole(TensorRole::AttentionQuery).front()}, TensorType::F16, QStringLiteral("Set"));
        QVERIFY(find<QLabel>(panel, "memoryBits")->text().contains(QStringLiteral("with scales and 8- and 16-bit tensors it is")));
        document.undoStack().undo();
        document.undoStack().undo();
        QVERIFY(!find<QLabel>(panel, "memorySpeed")->isVisible());
        type(*panel.findChild<DeviceList*>(), QStringLiteral("RTX 3090"));
        QVERIFY(find<QLabel>(panel, "memorySpeed")->isVisible());
    }

    // All of it, as on every drag of the slider.
    void isLive()
    {
        Document document;
        LlamaShape shape = m_shape;
        shape.layers = 112; // 1,011 tensors
        document.setModel(makeShapeModel(m_folder.path(), architectureOf(shape), tensorsOf(shape)));
        document.setDevices({parseDevice("RTX 4090"), parseDevice("RTX 4090")});
        RuntimeSettings settings = document.runtimeSettings();
        std::vector<double> milliseconds;
        for (int run = 0; run < 51; ++run) {
            settings.contextLength += 256;
            milliseconds.push_back(processorMilliseconds([&] {
                document.setRuntimeSettings(settings);
                QVERIFY(document.memoryEstimate().computeBytes > 0);
            }));
        }
        const double estimate = middle(milliseconds);
        // The same with the panel, dragged with the mouse: figures and texts included.
        MemoryPanel panel(document);
        panel.resize(420, 1000);
        panel.show();
        QVERIFY(QTest::qWaitForWindowExposed(&panel));
        auto* slider = find<QSlider>(panel, "memoryContextSlider");
        slider->setValue(0);
        const int y = slider->height() / 2;
        QStyleOptionSlider option;
        option.initFrom(slider);
        option.orientation = Qt::Horizontal;
        option.minimum = slider->minimum();
        option.maximum = slider->maximum();
        const int x = slider->style()->subControlRect(QStyle::CC_Slider, &option, QStyle::SC_SliderHandle, slider).center().x();
        QTest::mousePress(slider, Qt::LeftButton, {}, {x, y});
        std::vector<double> drags;
        std::set<std::uint64_t> seen;
        for (int at = x; at < slider->width(); at += 2) {
            const QPoint place(at, y);
            QMouseEvent move(QEvent::MouseMove, place, slider->mapToGlobal(place), Qt::NoButton, Qt::LeftButton, {});
            const double took = processorMilliseconds([&] { QApplication::sendEvent(slider, &move); });
            if (seen.insert(document.runtimeSettings().contextLength).second)
                drags.push_back(took);
            QCOMPARE(figure(panel, 0, QStringLiteral("KV cache")), bytesText(document.memoryEstimate().devices[0].cache.total()));
        }
        QTest::mouseRelease(slider, Qt::LeftButton, {}, {slider->width() - 1, y});
        QVERIFY(seen.size() > 20);
        const double drag = middle(drags);
        qInfo("%zu tensors on two devices: estimate %.3f ms, a drag of the slider with all texts %.3f ms", document.tensorCount(), estimate, drag);
#if defined(NDEBUG) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
        QVERIFY(estimate < 1);
        QVERIFY(drag < 4); // texts and layout of the panel are on top; a frame is 16 ms
#endif
    }
};

QTEST_MAIN(TestMemoryPanel)
#include "tst_memory_panel.moc"
