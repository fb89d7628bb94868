// SPDX-License-Identifier: GPL-3.0-or-later
// What people without a mouse, with a screen reader or with weak eyes need: names on every control, every control within
// reach of the Tab key, no text cut off in a window of 1024x700, enough contrast.
#include "ui/budget/fit_context.h"
#include "ui/budget/fit_dialog.h"
#include "ui/compare/compare_window.h"
#include "ui/jobs/export_dialog.h"
#include "ui/look/theme.h"
#include "ui/metadata/metadata_edit_dialog.h"
#include "ui/metadata/metadata_save_dialog.h"
#include "ui/parts/title_label.h"
#include "ui/presets/preset_dialog.h"
#include "ui/tree/tensor_tree_panel.h"
#include "ui/window/application.h"
#include "ui/window/main_window.h"
#include "ui/window/recipe_report.h"
#include "ui_test_support.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QAccessible>
#include <QApplication>
#include <QComboBox>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QRadioButton>
#include <QScrollArea>
#include <QScrollBar>
#include <QToolButton>
#include <QTreeView>

#include <cmath>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

namespace {

double luminance(const QColor& colour)
{
    const auto linear = [](double channel) { return channel <= 0.04045 ? channel / 12.92 : std::pow((channel + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) + 0.0722 * linear(colour.blueF());
}

/// WCAG 2: from 1 to 21.
double contrast(const QColor& a, const QColor& b)
{
    const double first = luminance(a);
    const double second = luminance(b);
    return (std::max(first, second) + 0.05) / (std::min(first, second) + 0.05);
}

QString nameOf(const QWidget& widget)
{
    QString text = QString::fromLatin1(widget.metaObject()->className()) + QLatin1Char(' ') + widget.objectName();
    if (const auto* button = qobject_cast<const QAbstractButton*>(&widget))
        text += QStringLiteral(" \"") + button->text() + QLatin1Char('"');
    if (const auto* label = qobject_cast<const QLabel*>(&widget))
        text += QStringLiteral(" \"") + label->text().left(60) + QLatin1Char('"');
    for (const QWidget* parent = widget.parentWidget(); parent; parent = parent->parentWidget()) {
        if (!parent->objectName().isEmpty() && !parent->objectName().startsWith(QLatin1String("qt_")))
            return text + QStringLiteral(" in ") + parent->objectName();
    }
    return text;
}

bool isControl(const QWidget& widget)
{
    const bool isInner = widget.objectName().startsWith(QLatin1String("qt_")) || qobject_cast<const QScrollBar*>(&widget)
        || widget.inherits("QHeaderView") || widget.inherits("QComboBoxListView")
        || (widget.parentWidget() && (widget.parentWidget()->inherits("QAbstractSpinBox") || widget.parentWidget()->inherits("QComboBox") || widget.parentWidget()->inherits("QLineEdit")));
    return !isInner
        && (qobject_cast<const QAbstractButton*>(&widget) || qobject_cast<const QLineEdit*>(&widget) || qobject_cast<const QAbstractSpinBox*>(&widget)
            || qobject_cast<const QComboBox*>(&widget) || qobject_cast<const QAbstractSlider*>(&widget) || qobject_cast<const QAbstractItemView*>(&widget)
            || widget.inherits("QCustomPlot") || widget.inherits("QPlainTextEdit"));
}

} // namespace

class TestAccessibility : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;
    const QFont m_font = QApplication::font();

    static QStringList nameless(const QWidget& window)
    {
        QStringList found;
        for (QWidget* widget : window.findChildren<QWidget*>()) {
            if (!isControl(*widget) || widget->window() != &window || widget->focusPolicy() == Qt::NoFocus)
                continue;
            QAccessibleInterface* interface = QAccessible::queryAccessibleInterface(widget);
            if (!interface || interface->text(QAccessible::Name).trimmed().isEmpty())
                found << nameOf(*widget);
        }
        return found;
    }

    /// Controls that can be seen and used, but that pressing Tab never comes to.
    static QStringList unreachable(QWidget& window)
    {
        QSet<QWidget*> reached;
        for (int press = 0; press < 400; ++press) {
            QWidget* focus = QApplication::focusWidget();
            QTest::keyClick(focus ? focus : &window, Qt::Key_Tab);
            QWidget* next = QApplication::focusWidget();
            if (!next || (reached.contains(next) && press > 200))
                break;
            reached.insert(next);
        }
        QStringList found;
        for (QWidget* widget : window.findChildren<QWidget*>()) {
            if (!isControl(*widget) || widget->window() != &window || !widget->isVisible() || !widget->isEnabled()
                || !(widget->focusPolicy() & Qt::TabFocus) || reached.contains(widget))
                continue;
            const auto* button = qobject_cast<const QAbstractButton*>(widget);
            if (button && button->isCheckable() && (button->autoExclusive() || button->group())) // arrows go on within the group
                continue;
            found << nameOf(*widget);
        }
        return found;
    }

    /// Labels and buttons that have less room than their text needs.
    static QStringList cutOff(const QWidget& window)
    {
        QStringList found;
        for (const QWidget* widget : window.findChildren<QWidget*>()) {
            // Docks behind other tabs lie outside the window.
            if (!widget->isVisible() || widget->window() != &window || widget->visibleRegion().isEmpty())
                continue;
            bool isCut = false;
            if (const auto* label = qobject_cast<const QLabel*>(widget)) {
                if (label->text().isEmpty() || qobject_cast<const TitleLabel*>(widget) || label->sizePolicy().horizontalPolicy() == QSizePolicy::Ignored)
                    continue; // shortened with a tool tip on purpose
                isCut = label->wordWrap() ? label->heightForWidth(label->width()) > label->height() + 1
                                          : label->sizeHint().width() > label->width() + 1 || label->sizeHint().height() > label->height() + 1;
            } else if (const auto* button = qobject_cast<const QAbstractButton*>(widget)) {
                isCut = !button->text().isEmpty() && isControl(*widget) && button->sizeHint().width() > button->width() + 1;
            } else {
                continue;
            }
            // Out of the window, unless it can be scrolled to.
            bool canScroll = false;
            for (const QWidget* parent = widget->parentWidget(); parent; parent = parent->parentWidget())
                canScroll = canScroll || qobject_cast<const QAbstractScrollArea*>(parent);
            if (!canScroll && widget->visibleRegion().boundingRect() != widget->rect())
                isCut = true;
            if (isCut)
                found << QStringLiteral("%1: %2x%3 of %4x%5").arg(nameOf(*widget)).arg(widget->width()).arg(widget->height()).arg(widget->sizeHint().width()).arg(widget->sizeHint().height());
        }
        return found;
    }

    static void languagesAndTextSizes()
    {
        QTest::addColumn<QString>("language");
        QTest::addColumn<int>("percent");
        QTest::addColumn<QSize>("size");
        QTest::newRow("1024x700") << QStringLiteral("en") << 100 << QSize(1024, 700);
        QTest::newRow("1024x700, German") << QStringLiteral("de") << 100 << QSize(1024, 700);
        QTest::newRow("large text") << QStringLiteral("en") << 150 << QSize(1440, 900);
        QTest::newRow("large text, German") << QStringLiteral("de") << 150 << QSize(1440, 900);
    }

    void settle(MainWindow& window)
    {
        window.document().setModel(makeModel(m_folder, smallModelSpec()));
        window.document().setType({2, 4}, TensorType::Q8_0, QStringLiteral("Set"));
        window.document().setSelection({2}, 2);
        window.document().undoStack().setClean();
        quantlathe::ui::test::settle(400);
    }

private Q_SLOTS:
    void init() { m_settings.clear(); }
    void cleanup() // a test that failed leaves early
    {
        installLanguage(QStringLiteral("en"));
        QLocale::setDefault(QLocale::c());
        QApplication::setFont(m_font); // a theme takes the font that it finds for the system's
    }

    void everyControlHasAName()
    {
        MainWindow window;
        window.show();
        settle(window);
        QStringList found = nameless(window);
        {
            PresetDialog dialog(window.document(), &window);
            found << nameless(dialog);
        }
        {
            ExportDialog dialog(window.document(), window.jobs(), &window);
            found << nameless(dialog);
        }
        {
            auto* dialog = new RecipeReportDialog({QStringLiteral("a"), QStringLiteral("b"), {{QStringLiteral("c"), QStringLiteral("d")}}}, &window);
            found << nameless(*dialog);
            delete dialog;
        }
        QVERIFY2(found.isEmpty(), qPrintable(found.join(QLatin1Char('\n'))));
    }

    void tabReachesEveryControl()
    {
        MainWindow window;
        window.resize(1400, 900);
        window.show();
        QVERIFY(QTest::qWaitForWindowActive(&window));
        settle(window);
        QStringList found;
        for (auto* dock : window.findChildren<QDockWidget*>()) {
            dock->show();
            dock->raise();
            QTest::qWait(60);
            window.tree().view().setFocus();
            for (const QString& one : unreachable(window))
                found << dock->objectName() + QStringLiteral(": ") + one;
        }
        found.removeDuplicates();
        QVERIFY2(found.isEmpty(), qPrintable(found.join(QLatin1Char('\n'))));
    }

    void dialogsAreNamedReachableAndWhole_data() { languagesAndTextSizes(); }

    void dialogsAreNamedReachableAndWhole()
    {
        QFETCH(QString, language);
        QFETCH(int, percent);
        installLanguage(language);
        MainWindow window;
        window.findChild<Theme*>()->setTextPercent(percent);
        window.show();
        settle(window);
        Document& document = window.document();
        QVERIFY(document.editMetadata("general.name", MetadataValue::ofString("Another name"), QStringLiteral("name")).isEmpty());
        auto* compare = new CompareWindow(document.model(), &window);
        compare->compareWith(QString::fromStdString(document.model()->path().string())); // refused, which is said
        const std::vector<std::pair<const char*, QWidget*>> shown{
            {"presets", new PresetDialog(document, &window)},
            {"export", new ExportDialog(document, window.jobs(), &window)},
            {"fit", new FitDialog(*window.findChild<FitContext*>(), &window)},
            {"edit metadata", new MetadataEditDialog(document, {}, &window)},
            {"save metadata", new MetadataSaveDialog(document, &window)},
            {"report", new RecipeReportDialog({QStringLiteral("a"), QStringLiteral("b"), {{QStringLiteral("c"), QStringLiteral("d")}}}, &window)},
            {"compare", compare}};
        QStringList found;
        for (const auto& [name, dialog] : shown) {
            dialog->show();
            dialog->activateWindow();
            QVERIFY(QTest::qWaitForWindowActive(dialog));
            quantlathe::ui::test::settle(150);
            for (const QString& one : nameless(*dialog) + unreachable(*dialog) + cutOff(*dialog))
                found << QLatin1String(name) + QStringLiteral(": ") + one;
            dialog->hide();
        }
        document.undoStack().setClean();
        QVERIFY2(found.isEmpty(), qPrintable(found.join(QLatin1Char('\n'))));
    }

    void noTextIsCutOff_data() { languagesAndTextSizes(); }

    void noTextIsCutOff()
    {
        QFETCH(QString, language);
        QFETCH(int, percent);
        QFETCH(QSize, size);
        installLanguage(language);
        MainWindow window;
        window.findChild<Theme*>()->setTextPercent(percent);
        window.resize(size);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        quantlathe::ui::test::settle(100);
        QStringList found = cutOff(window);
        QCOMPARE(window.size(), size);
        settle(window);
        QCOMPARE(window.size(), size); // nothing needs more
        for (const bool isMap : {false, true}) {
            isMap ? window.showMap() : window.showTree();
            for (auto* dock : window.findChildren<QDockWidget*>()) {
                dock->show();
                dock->raise();
                quantlathe::ui::test::settle(80);
                for (const QString& one : cutOff(window))
                    found << dock->objectName() + QStringLiteral(": ") + one;
            }
        }
        found.removeDuplicates();
        QVERIFY2(found.isEmpty(), qPrintable(found.join(QLatin1Char('\n'))));
        QCOMPARE(window.size(), size);
        window.resetLayout();
        quantlathe::ui::test::settle(100);
        QCOMPARE(window.size(), size);
    }

    void colours_data()
    {
        QTest::addColumn<int>("mode");
        QTest::addColumn<double>("least");
        QTest::newRow("light") << int(Theme::Mode::Light) << 4.5;
        QTest::newRow("dark") << int(Theme::Mode::Dark) << 4.5;
        QTest::newRow("high contrast") << int(Theme::Mode::HighContrast) << 7.0;
    }

    void colours()
    {
        QFETCH(int, mode);
        QFETCH(double, least);
        const QPalette palette = paletteOf(static_cast<Theme::Mode>(mode));
        using Role = QPalette::ColorRole;
        QStringList weak;
        const auto check = [&](const QString& what, const QColor& text, const QColor& ground, double needed) {
            if (contrast(text, ground) < needed)
                weak << QStringLiteral("%1: %2").arg(what).arg(contrast(text, ground), 0, 'f', 2);
        };
        for (const auto& [text, ground] : std::vector<std::pair<Role, Role>>{
                 {QPalette::WindowText, QPalette::Window}, {QPalette::Text, QPalette::Base}, {QPalette::Text, QPalette::AlternateBase},
                 {QPalette::ButtonText, QPalette::Button}, {QPalette::HighlightedText, QPalette::Highlight}, {QPalette::ToolTipText, QPalette::ToolTipBase},
                 {QPalette::Link, QPalette::Base}, {QPalette::PlaceholderText, QPalette::Base}})
            check(QVariant::fromValue(text).toString() + QStringLiteral(" on ") + QVariant::fromValue(ground).toString(), palette.color(text), palette.color(ground), least);
        for (const Role ground : {QPalette::Base, QPalette::AlternateBase, QPalette::Window}) {
            check(QStringLiteral("warning"), warningColour(palette), palette.color(ground), 4.5);
            check(QStringLiteral("error"), errorColour(palette), palette.color(ground), 4.5);
            check(QStringLiteral("good"), goodColour(palette), palette.color(ground), 4.5);
        }
        for (int series = 0; series < 6; ++series) // lines, not text
            check(QStringLiteral("series %1").arg(series), seriesColour(palette, series), palette.color(QPalette::Base), 3.0);
        QVERIFY2(weak.isEmpty(), qPrintable(weak.join(QStringLiteral(", "))));
    }

    void highContrastIsDrawnAndRemembered()
    {
        Theme theme;
        theme.setMode(Theme::Mode::HighContrast);
        QLineEdit edit;
        edit.resize(200, 30);
        const QImage picture = edit.grab().toImage();
        QVERIFY(contrast(picture.pixelColor(100, 0), QColor(Qt::black)) > 7); // its outline can be seen
        Theme next;
        QCOMPARE(next.mode(), Theme::Mode::HighContrast);
        theme.setMode(Theme::Mode::System);
    }
};

QTEST_MAIN(TestAccessibility)
#include "tst_accessibility.moc"
