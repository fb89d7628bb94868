// SPDX-License-Identifier: GPL-3.0-or-later
// "Fit to ..." with clicks and keys on the sample model.
#include "core/formats/open.h"
#include "core/plan/presets.h"
#include "ui/budget/fit_context.h"
#include "ui/budget/fit_dialog.h"
#include "ui/budget/plan_changes_model.h"
#include "ui/text.h"
#include "ui/ui_test_support.h"
#include "ui/window/main_window.h"

#include <QAction>
#include <QCheckBox>
#include <QComboBox>
#include <QDialogButtonBox>
#include <QDockWidget>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QPlainTextEdit>
#include <QProgressBar>
#include <QPushButton>
#include <QSlider>
#include <QSpinBox>
#include <QTabWidget>
#include <QTimer>
#include <QTreeView>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestFitDialog : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    std::shared_ptr<const Model> m_sample = openModel(quantlathe::test::resource("sample/quantlathe-sample-f16.gguf"));
    Document m_document;
    FitContext m_context{m_document};

    template <typename Widget>
    static Widget& part(const FitDialog& dialog, const char* name)
    {
        auto* widget = dialog.findChild<Widget*>(QLatin1String(name));
        if (!widget)
            qFatal("there is no %s", name);
        return *widget;
    }
    static void chooseKind(const FitDialog& dialog, FitRequest::Kind kind)
    {
        auto& combo = part<QComboBox>(dialog, "fitKind");
        combo.setFocus();
        combo.setCurrentIndex(combo.findData(kind));
    }
    static void type(QLineEdit& edit, const QString& text)
    {
        edit.setFocus();
        edit.selectAll();
        QTest::keyClicks(&edit, text);
    }
    TensorType written(const std::string& name) const { return m_document.effectiveChoice(m_sample->indexOf(name).value()).type; }

private Q_SLOTS:
    void init()
    {
        m_settings.clear();
        m_document.setModel(m_sample);
    }

    // Waits until all samples are there, then solves; adopting is one step that undo takes back.
    void fitsToAFileSize()
    {
        FitDialog dialog(m_context);
        dialog.show();
        QVERIFY(!part<QPushButton>(dialog, "fitAdopt").isEnabled());
        chooseKind(dialog, FitRequest::FileSize);
        type(part<QLineEdit>(dialog, "fitSize"), QStringLiteral("2 MB"));
        QTRY_VERIFY_WITH_TIMEOUT(dialog.result().has_value(), 60'000);
        QTRY_VERIFY(dialog.result() && dialog.result()->fileBytes <= 2'000'000);
        QVERIFY(dialog.result()->fileBytes > 1'950'000);
        const QString summary = part<QLabel>(dialog, "fitSummary").text();
        QVERIFY2(summary.contains(exactCountText(dialog.result()->fileBytes)), qPrintable(summary));
        QVERIFY(summary.contains(QLatin1String("proxy")));
        QVERIFY(summary.contains(QLatin1String("The plan as it is")));
        auto& changes = part<QTreeView>(dialog, "fitChanges");
        QVERIFY(changes.model()->rowCount() > 10);
        const std::uint64_t bytes = dialog.result()->fileBytes;
        QTest::mouseClick(&part<QPushButton>(dialog, "fitAdopt"), Qt::LeftButton);
        QVERIFY(!dialog.isVisible());
        QCOMPARE(m_document.memoryEstimate().fileBytes, bytes);
        QCOMPARE(m_document.undoStack().count(), 1);
        QVERIFY(m_document.undoStack().undoText().startsWith(QLatin1String("Fit to")));
        QVERIFY(m_context.planBeforeFit() && *m_context.planBeforeFit() == Plan());
        m_document.undoStack().undo();
        QCOMPARE(m_document.plan(), Plan());
    }

    void theSliderSolvesWhileItMoves()
    {
        FitDialog dialog(m_context);
        dialog.show();
        chooseKind(dialog, FitRequest::Bits);
        auto& slider = part<QSlider>(dialog, "fitSlider");
        QTRY_VERIFY_WITH_TIMEOUT(slider.isEnabled() && dialog.result(), 60'000);
        slider.setFocus();
        QTest::keyClick(&slider, Qt::Key_Home);
        QTRY_VERIFY(dialog.result());
        const std::uint64_t smallest = dialog.result()->fileBytes;
        double before = dialog.result()->damage;
        for (int step = 0; step < 4; ++step) {
            QTest::keyClick(&slider, Qt::Key_PageUp);
            QVERIFY(!dialog.result());
            QTRY_VERIFY(dialog.result());
            QVERIFY(dialog.result()->damage < before);
            QVERIFY(dialog.result()->bitsPerWeight <= part<QDoubleSpinBox>(dialog, "fitBits").value());
            before = dialog.result()->damage;
        }
        QVERIFY(dialog.result()->fileBytes > smallest);
        chooseKind(dialog, FitRequest::FileSize);
        QTRY_VERIFY(dialog.result());
        QTest::keyClick(&slider, Qt::Key_Home);
        QTRY_VERIFY(dialog.result());
        QCOMPARE(dialog.result()->fileBytes, smallest);
        dialog.reject();
        QCOMPARE(m_document.undoStack().count(), 0);
    }

    void saysWhatCannotBe()
    {
        FitDialog dialog(m_context);
        dialog.show();
        chooseKind(dialog, FitRequest::FileSize);
        auto& problem = part<QLabel>(dialog, "fitProblem");
        type(part<QLineEdit>(dialog, "fitSize"), QStringLiteral("1 MB"));
        QTRY_VERIFY_WITH_TIMEOUT(problem.isVisible() && problem.text().contains(QLatin1String("the smallest possible is")), 60'000);
        QVERIFY(!part<QPushButton>(dialog, "fitAdopt").isEnabled());
        type(part<QLineEdit>(dialog, "fitSize"), QStringLiteral("a lot"));
        QVERIFY(problem.text().contains(QLatin1String("is no size")));
        chooseKind(dialog, FitRequest::DeviceMemory);
        QTRY_VERIFY(problem.text().contains(QLatin1String("Choose a device")));
        dialog.accept(); // Enter on what is not there changes nothing
        QVERIFY(dialog.isVisible());
        QCOMPARE(m_document.undoStack().count(), 0);
        chooseKind(dialog, FitRequest::ErrorLimit);
        part<QDoubleSpinBox>(dialog, "fitError").setValue(5);
        QTRY_VERIFY(dialog.result());
        QVERIFY(relativeRmsOfDamage(dialog.result()->damage) <= 0.05001);
        QVERIFY(!problem.isVisible());
    }

    void devicesAndPresets()
    {
        m_document.setDevices({parseDevice("1200 MiB"), parseDevice("2 GiB")});
        FitDialog dialog(m_context);
        dialog.show();
        chooseKind(dialog, FitRequest::DeviceMemory);
        QTRY_VERIFY_WITH_TIMEOUT(dialog.result(), 60'000);
        QVERIFY(part<QLabel>(dialog, "fitMixedDevices").isVisible());
        QCOMPARE(dialog.result()->damage, 0.0); // there is room for all of it
        part<QSpinBox>(dialog, "fitDeviceCount").setValue(1);
        QVERIFY(!part<QLabel>(dialog, "fitMixedDevices").isVisible());
        QTRY_VERIFY(dialog.result());
        auto& device = part<QComboBox>(dialog, "fitDevice");
        type(*device.lineEdit(), QStringLiteral("no such card"));
        QVERIFY(part<QLabel>(dialog, "fitProblem").isVisible() && !dialog.result());
        type(*device.lineEdit(), QStringLiteral("24 GiB"));
        QTRY_VERIFY(dialog.result());
        m_document.setDevices({});
        chooseKind(dialog, FitRequest::LikePreset);
        auto& preset = part<QComboBox>(dialog, "fitPreset");
        preset.setCurrentIndex(preset.findText(QStringLiteral("Q4_K_M")));
        QTRY_VERIFY(dialog.result());
        const std::uint64_t limit = MemoryModel(*m_sample).estimate(planFromPreset(*m_sample, *findPreset("Q4_K_M"), {}), {}, nullptr).fileBytes;
        QVERIFY(dialog.result()->fileBytes <= limit);
        QVERIFY(dialog.result()->fileBytes > limit - limit / 50);
        QTest::keyClick(&dialog, Qt::Key_Escape);
        QVERIFY(!dialog.isVisible());
        QCOMPARE(m_document.undoStack().count(), 0);
    }

    void constraintsAreKept()
    {
        m_document.setType({m_sample->indexOf("blk.2.attn_q.weight").value()}, TensorType::Q8_0, QStringLiteral("edit"));
        m_document.setSelection({m_sample->indexOf("blk.2.attn_q.weight").value()}, std::nullopt);
        {
            FitDialog dialog(m_context);
            dialog.show();
            chooseKind(dialog, FitRequest::Bits);
            part<QDoubleSpinBox>(dialog, "fitBits").setValue(4.2);
            auto& types = part<QListWidget>(dialog, "fitTypes");
            for (int row = 0; row < types.count(); ++row) {
                if (types.item(row)->text().startsWith(QLatin1String("IQ4_XS")) || types.item(row)->text().startsWith(QLatin1String("IQ4_NL"))) {
                    types.setCurrentRow(row);
                    types.setFocus();
                    QTest::keyClick(&types, Qt::Key_Space);
                    QCOMPARE(types.item(row)->checkState(), Qt::Unchecked);
                }
            }
            auto& tabs = part<QTabWidget>(dialog, "fitConstraints");
            tabs.setCurrentIndex(1);
            auto& value = part<QComboBox>(dialog, "fitRole_attn_v");
            value.setCurrentIndex(value.findText(QStringLiteral("Q6_K")));
            auto& rules = part<QPlainTextEdit>(dialog, "fitRules");
            rules.setFocus();
            QTest::keyClicks(&rules, QStringLiteral("blk\\.1\\.(ffn_down=Q8_0"));
            QTRY_VERIFY(part<QLabel>(dialog, "fitProblem").text().contains(QLatin1String("is no regular expression")));
            rules.setPlainText(QStringLiteral("blk\\.1\\.ffn_down=Q8_0\n\n"));
            tabs.setCurrentIndex(2);
            QTest::mouseClick(&part<QCheckBox>(dialog, "fitLockSelection"), Qt::LeftButton, {}, {8, part<QCheckBox>(dialog, "fitLockSelection").height() / 2});
            QVERIFY(part<QCheckBox>(dialog, "fitLockSelection").isChecked());
            type(part<QLineEdit>(dialog, "fitLockPattern"), QStringLiteral("token_embd"));
            QTRY_VERIFY_WITH_TIMEOUT(dialog.result(), 60'000);
            QTest::keyClick(&dialog, Qt::Key_Return);
            QVERIFY(!dialog.isVisible());
        }
        QCOMPARE(written("blk.2.attn_q.weight"), TensorType::Q8_0);
        QCOMPARE(written("token_embd.weight"), TensorType::F16);
        QCOMPARE(written("blk.1.ffn_down.weight"), TensorType::Q8_0);
        for (std::size_t tensor = 0; tensor < m_document.tensorCount(); ++tensor) {
            const TensorType type = m_document.effectiveChoice(tensor).type;
            QVERIFY(type != TensorType::IQ4_XS && type != TensorType::IQ4_NL);
            if (m_sample->place(tensor).role == TensorRole::AttentionValue)
                QVERIFY(info(type).bitsPerWeight() >= info(TensorType::Q6_K).bitsPerWeight());
        }
        // The next time they are still there.
        FitDialog again(m_context);
        QCOMPARE(part<QComboBox>(again, "fitRole_attn_v").currentText(), QStringLiteral("Q6_K"));
        QCOMPARE(part<QPlainTextEdit>(again, "fitRules").toPlainText(), QStringLiteral("blk\\.1\\.ffn_down=Q8_0"));
        QVERIFY(part<QCheckBox>(again, "fitLockBefore").isChecked());
        QTest::mouseClick(&part<QPushButton>(again, "fitDefaultTypes"), Qt::LeftButton);
        // Another model starts afresh.
        m_document.setModel(m_sample);
        QVERIFY(m_context.constraints().minimumByRole.empty());
        QVERIFY(!m_context.planBeforeFit());
    }

    void fromTheWindow()
    {
        MainWindow window;
        window.show();
        window.activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        window.document().setModel(m_sample);
        auto* action = window.findChild<QAction*>(QStringLiteral("fitAction"));
        QVERIFY(action && action->isEnabled() && !action->shortcut().isEmpty());
        bool wasShown = false;
        QTimer::singleShot(0, &window, [&] {
            auto* dialog = window.findChild<FitDialog*>();
            QVERIFY(dialog);
            wasShown = dialog->isVisible();
            chooseKind(*dialog, FitRequest::Bits);
            QTRY_VERIFY_WITH_TIMEOUT(dialog->result(), 60'000);
            QTest::mouseClick(&part<QPushButton>(*dialog, "fitAdopt"), Qt::LeftButton);
        });
        QTest::keyClick(&window, Qt::Key_B, Qt::ControlModifier);
        QVERIFY(wasShown);
        QVERIFY(window.document().undoStack().count() == 1);
        for (const char* dock : {"trade-off", "plan-changes"}) {
            auto* found = window.findChild<QDockWidget*>(QLatin1String(dock));
            QVERIFY2(found, dock);
        }
        QTest::keyClick(&window, Qt::Key_D, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(window.findChild<QComboBox*>(QStringLiteral("changesOther"))->isVisible());
        QTest::keyClick(&window, Qt::Key_B, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(window.findChild<QWidget*>(QStringLiteral("tradeOffPlot"))->parentWidget()->isVisible());
        window.document().undoStack().undo(); // nothing unsaved to ask about
        window.document().undoStack().setClean();
    }

    void everyControlHasAName()
    {
        FitDialog dialog(m_context);
        dialog.show();
        const QList<QLabel*> labels = dialog.findChildren<QLabel*>();
        for (QWidget* widget : dialog.findChildren<QWidget*>()) {
            const bool isControl = widget->focusPolicy() & Qt::TabFocus && !widget->inherits("QAbstractItemView") && !widget->inherits("QTabBar")
                && !widget->inherits("QAbstractButton") && !widget->inherits("QTabWidget") && !widget->inherits("QStackedWidget");
            // The line of an editable combo is the combo's.
            if (!isControl || qobject_cast<QComboBox*>(widget->parent()) || widget->parent()->inherits("QAbstractSpinBox") || widget->objectName().startsWith(QLatin1String("qt_")))
                continue;
            const bool hasBuddy = std::any_of(labels.begin(), labels.end(), [widget](QLabel* label) { return label->buddy() == widget; });
            QVERIFY2(hasBuddy || !widget->accessibleName().isEmpty(), qPrintable(widget->objectName() + QLatin1String(widget->metaObject()->className())));
        }
    }

    void closingWhileSolvingIsSafe()
    {
        for (int round = 0; round < 6; ++round) {
            FitDialog dialog(m_context);
            dialog.show();
            QTest::qWait(round * 3);
        }
    }
};

QTEST_MAIN(TestFitDialog)
#include "tst_fit_dialog.moc"
