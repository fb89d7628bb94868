// SPDX-License-Identifier: GPL-3.0-or-later
// Background work in the jobs dock: what runs is listed with progress, rate and time left, and can be stopped.
#include "ui/background.h"
#include "ui/jobs/tasks_view.h"
#include "ui/parts/job_strip.h"
#include "ui/window/main_window.h"
#include "ui/window/sample.h"
#include "ui_test_support.h"

#include <QAbstractItemModelTester>
#include <QPushButton>
#include <QSignalSpy>
#include <QTableView>

#include <chrono>
#include <thread>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestTasks : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;

    static int countUp(const RunControl& control, int steps)
    {
        for (int step = 0; step < steps; ++step) {
            control.throwIfCancelled();
            control.report("counting", static_cast<std::uint64_t>(step), static_cast<std::uint64_t>(steps));
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        return steps;
    }

private Q_SLOTS:
    void quickWorkDoesNotFlicker()
    {
        TaskList tasks;
        TaskTableModel model(tasks);
        const QAbstractItemModelTester tester(&model);
        const quint64 quick = tasks.begin(QStringLiteral("Quick"));
        QTest::qWait(50);
        tasks.end(quick);
        const quint64 slow = tasks.begin(QStringLiteral("Slow"));
        QCOMPARE(model.rowCount(), 0);
        QTRY_COMPARE(model.rowCount(), 1);
        QCOMPARE(model.index(0, TaskTableModel::Title).data().toString(), QStringLiteral("Slow"));
        tasks.end(slow);
        QCOMPARE(model.rowCount(), 0);
    }

    void rateAndTimeLeft()
    {
        TaskList tasks;
        TaskTableModel model(tasks);
        const QAbstractItemModelTester tester(&model);
        const quint64 id = tasks.begin(QStringLiteral("Work"));
        QTRY_COMPARE(model.rowCount(), 1);
        QTest::qWait(600);
        tasks.progress(id, 500, 2000);
        QCOMPARE(model.index(0, TaskTableModel::Progress).data().toString(), QStringLiteral("25 %"));
        const BackgroundTask& task = tasks.tasks().front();
        QVERIFY(task.perSecond > 100 && task.perSecond < 900); // 500 in a bit less than a second
        QVERIFY(task.secondsLeft() > 1500 / 900.0 && task.secondsLeft() < 15);
        QVERIFY(model.index(0, TaskTableModel::TimeLeft).data().toString().endsWith(QStringLiteral(" left")));
        QVERIFY(model.index(0, TaskTableModel::Rate).data().toString().endsWith(QStringLiteral("/s")));
    }

    void aPanelsJobIsListedAndStopped()
    {
        QWidget window;
        auto* tasks = new TaskList(&window);
        auto* view = new TasksView(*tasks, &window);
        auto* strip = new JobStrip(&window);
        LatestJob job;
        strip->watch(job, QStringLiteral("Counting"));
        window.resize(700, 300);
        window.show();
        QSignalSpy stopped(strip, &JobStrip::stopped);
        job.start([](const RunControl& control) { return countUp(control, 60000); }, [](int) {}, [](const Error&) {});
        QTRY_COMPARE(view->view().model()->rowCount(), 1);
        QVERIFY(view->isVisible());
        QCOMPARE(view->view().model()->index(0, 0).data().toString(), QStringLiteral("Counting"));
        auto* stop = view->findChild<QPushButton*>(QStringLiteral("stopTask"));
        QTRY_VERIFY(stop->isEnabled());
        QTest::mouseClick(stop, Qt::LeftButton);
        QVERIFY(!job.isRunning());
        QCOMPARE(stopped.size(), 1);
        QTRY_COMPARE(view->view().model()->rowCount(), 0);
        QVERIFY(!view->isVisible());
        delete strip; // before the job it watched
    }

    void exactMeasuringIsListedAndStopped()
    {
        MainWindow window;
        window.show();
        QSignalSpy opened(&window.document(), &Document::opened);
        window.openPath(sampleModelPath());
        QVERIFY(opened.wait(20000));
        auto* table = window.findChild<QTableView*>(QStringLiteral("tasksTable"));
        QVERIFY(table);
        const auto row = [table](const QString& title) {
            for (int at = 0; at < table->model()->rowCount(); ++at) {
                if (table->model()->index(at, 0).data().toString() == title)
                    return at;
            }
            return -1;
        };
        QTRY_VERIFY_WITH_TIMEOUT(row(QStringLiteral("Measuring all errors exactly")) >= 0, 60000);
        table->selectRow(row(QStringLiteral("Measuring all errors exactly")));
        window.findChild<QPushButton*>(QStringLiteral("stopTask"))->click();
        QVERIFY(!window.document().previews().isThorough());
        QTRY_VERIFY_WITH_TIMEOUT(row(QStringLiteral("Measuring all errors exactly")) < 0, 20000);
    }
};

QTEST_MAIN(TestTasks)
#include "tst_tasks.moc"
