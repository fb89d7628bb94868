// SPDX-License-Identifier: GPL-3.0-or-later
// Importance data in the window: loaded by the menu and by dropping, unloaded, refused.
#include "core/calibration/imatrix_file.h"
#include "core/formats/open.h"
#include "support/invented_importance.h"
#include "ui/text.h"
#include "ui/window/main_window.h"
#include "ui/window/sample.h"
#include "ui_test_support.h"

#include <QAction>
#include <QApplication>
#include <QDragEnterEvent>
#include <QDropEvent>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QSignalSpy>
#include <QTimer>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestWindowImportance : public QObject
{
    Q_OBJECT

    static constexpr int longest = 30'000;

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;
    QString m_data = QString::fromStdString((m_folder / "sample.imatrix.gguf").string());
    QString m_foreign = QString::fromStdString(quantlathe::test::fixture("imatrix/moe.imatrix.gguf").string());

    static bool open(MainWindow& window, const QString& path)
    {
        QSignalSpy opened(&window.document(), &Document::opened);
        window.openPath(path);
        return opened.wait(longest);
    }
    static bool drop(QWidget& target, const QStringList& paths)
    {
        QMimeData data;
        QList<QUrl> urls;
        for (const QString& path : paths)
            urls << QUrl::fromLocalFile(path);
        data.setUrls(urls);
        QDragEnterEvent enter(QPoint(20, 20), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&target, &enter);
        if (!enter.isAccepted())
            return false;
        QDropEvent dropped(QPointF(20, 20), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QApplication::sendEvent(&target, &dropped);
        return dropped.isAccepted();
    }
    /// Clicks into the menu bar and on the entry, as a person does.
    static bool clickInMenu(MainWindow& window, const char* objectName)
    {
        auto* action = window.findChild<QAction*>(QString::fromLatin1(objectName));
        for (QAction* top : window.menuBar()->actions()) {
            if (!top->menu()->actions().contains(action))
                continue;
            QTest::mouseClick(window.menuBar(), Qt::LeftButton, {}, window.menuBar()->actionGeometry(top).center());
            if (!top->menu()->isVisible())
                return false;
            if (!action->isEnabled()) {
                top->menu()->close();
                return false;
            }
            QTest::mouseClick(top->menu(), Qt::LeftButton, {}, top->menu()->actionGeometry(action).center());
            return true;
        }
        return false;
    }
    /// Answers the dialog that the next click opens with @p file.
    static void chooseNext(const QString& file)
    {
        auto* timer = new QTimer(qApp);
        QObject::connect(timer, &QTimer::timeout, timer, [timer, file] {
            auto* dialog = qobject_cast<QFileDialog*>(QApplication::activeModalWidget());
            if (!dialog)
                return;
            timer->deleteLater();
            auto* name = dialog->findChild<QLineEdit*>(QStringLiteral("fileNameEdit"));
            name->setText(file);
            QTest::keyClick(name, Qt::Key_Return);
        });
        timer->start(20);
    }
    static QMessageBox* errorBox(MainWindow& window) { return window.findChild<QMessageBox*>(QStringLiteral("errorBox")); }
    static QLabel* status(MainWindow& window) { return window.findChild<QLabel*>(QStringLiteral("statusImportance")); }

private Q_SLOTS:
    void initTestCase()
    {
        writeImportance(*quantlathe::test::inventedImportance(*openModel(toPath(sampleModelPath()))), toPath(m_data), ImportanceFormat::Gguf);
    }
    void init() { m_settings.clear(); }

    void byTheMenu()
    {
        MainWindow window;
        window.show();
        QVERIFY(!clickInMenu(window, "loadImportanceAction")); // without a model there is nothing to load them for
        QVERIFY(open(window, sampleModelPath()));
        QVERIFY(!status(window)->isVisible());
        chooseNext(m_data);
        QVERIFY(clickInMenu(window, "loadImportanceAction"));
        QTRY_VERIFY_WITH_TIMEOUT(window.document().importance() != nullptr, longest);
        QVERIFY(status(window)->isVisible());
        QVERIFY2(status(window)->text().contains(QStringLiteral("sample.imatrix.gguf")), qPrintable(status(window)->text()));
        QVERIFY(clickInMenu(window, "unloadImportanceAction"));
        QVERIFY(window.document().importance() == nullptr);
        QVERIFY(!status(window)->isVisible());
        QVERIFY(!window.findChild<QAction*>(QStringLiteral("unloadImportanceAction"))->isEnabled());
        QVERIFY(!errorBox(window));
    }

    void byDropping()
    {
        MainWindow window;
        window.show();
        // Before the model: they wait for it.
        QVERIFY(drop(window, {m_data}));
        QTest::qWait(50);
        QVERIFY(open(window, sampleModelPath()));
        QTRY_VERIFY_WITH_TIMEOUT(window.document().importance() != nullptr, longest);
        QVERIFY(clickInMenu(window, "unloadImportanceAction"));
        // Beside the model that is open.
        const auto model = window.document().model();
        QVERIFY(drop(window, {m_data}));
        QTRY_VERIFY_WITH_TIMEOUT(window.document().importance() != nullptr, longest);
        QCOMPARE(window.document().model(), model); // not taken for a model, though it is a GGUF file
        // Together with a model: for that one.
        QVERIFY(drop(window, {m_data, sampleModelPath()}));
        QTRY_VERIFY_WITH_TIMEOUT(window.document().model() != model && window.document().importance() != nullptr, longest);
        QCOMPARE(window.document().importance()->model(), window.document().model());
    }

    void wrongFilesAreRefused_data()
    {
        QTest::addColumn<QString>("file");
        QTest::addColumn<bool>("isDropped");
        QTest::addColumn<QString>("message");
        QTest::newRow("another model's, chosen") << m_foreign << false << "moe.imatrix.gguf could not be used as importance data";
        QTest::newRow("another model's, dropped") << m_foreign << true << "moe.imatrix.gguf could not be used as importance data";
        const QString text = QString::fromStdString(quantlathe::test::fixture("imatrix/text.txt").string());
        QTest::newRow("a text, chosen") << text << false << "text.txt could not be used as importance data";
        QTest::newRow("a model, chosen") << sampleModelPath() << false << "quantlathe-sample-f16.gguf could not be used as importance data";
    }
    void wrongFilesAreRefused()
    {
        QFETCH(QString, file);
        QFETCH(bool, isDropped);
        QFETCH(QString, message);
        MainWindow window;
        window.show();
        QVERIFY(open(window, sampleModelPath()));
        QVERIFY(drop(window, {m_data}));
        QTRY_VERIFY_WITH_TIMEOUT(window.document().importance() != nullptr, longest);
        const auto before = window.document().importance();
        if (isDropped) {
            QVERIFY(drop(window, {file}));
        } else {
            chooseNext(file);
            QVERIFY(clickInMenu(window, "loadImportanceAction"));
        }
        QTRY_VERIFY_WITH_TIMEOUT(errorBox(window) && errorBox(window)->isVisible(), longest);
        QVERIFY2(errorBox(window)->text().contains(message), qPrintable(errorBox(window)->text()));
        QVERIFY(!errorBox(window)->informativeText().isEmpty());
        QTest::mouseClick(errorBox(window)->button(QMessageBox::Ok), Qt::LeftButton);
        QCOMPARE(window.document().importance(), before); // what was there stays
        QVERIFY(status(window)->isVisible());
    }
};

QTEST_MAIN(TestWindowImportance)
#include "tst_window_importance.moc"
