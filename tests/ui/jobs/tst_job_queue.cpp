// SPDX-License-Identifier: GPL-3.0-or-later
// The queue with a runner of the test's own: order, progress, cancelling, resuming, closing.
#include "ui/jobs/expected_time.h"
#include "ui/jobs/job_queue.h"
#include "ui/jobs/job_table_model.h"
#include "ui/ui_test_support.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>

#include <atomic>
#include <thread>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;
using State = ExportJob::State;

namespace {

/// Runs until it is released or stopped; remembers what ran.
struct Gate
{
    std::atomic<bool> isOpen = false;
    std::atomic<int> running = 0;
    std::atomic<int> mostAtOnce = 0;
    std::atomic<int> resumed = 0;
    bool calibrates = false;

    JobQueue::Runner runner()
    {
        return [this](const EngineExport& request, const ExportObserver& observer, const RunControl& control) {
            mostAtOnce = std::max(mostAtOnce.load(), ++running);
            resumed += request.resume;
            struct Leave
            {
                std::atomic<int>& count;
                ~Leave() { --count; }
            } leave{running};
            if (calibrates) {
                observer.onStage(ExportStage::Calibrating);
                observer.onLayer({0, 2, {}});
            }
            std::uint64_t done = 0;
            while (!isOpen) {
                control.throwIfCancelled();
                control.report("blk.0.attn_q.weight", done += 10, 1000000);
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
            if (request.target().filename() == "bad.gguf")
                throw Error(ErrorKind::DiskFull, "no space left", {request.target(), std::nullopt, {}});
            observer.onStage(ExportStage::Writing);
            QuantizeResult written;
            written.files = {request.target()};
            written.totalBytes = 1000;
            written.seconds = 2;
            EngineExportResult result;
            result.written = written;
            return result;
        };
    }
};

EngineExport to(const char* name)
{
    QuantizeRequest file;
    file.target = std::filesystem::path("/nowhere") / name;
    EngineExport request;
    request.work = file;
    return request;
}

} // namespace

class TestJobQueue : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;

private Q_SLOTS:
    void init() { m_settings.clear(); }

    void runsOneAfterTheOther()
    {
        Gate gate;
        JobQueue queue(gate.runner());
        JobTableModel model(queue);
        const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
        QSignalSpy finished(&queue, &JobQueue::finished);
        const quint64 first = queue.add(to("a.gguf"), 1000);
        const quint64 second = queue.add(to("bad.gguf"), 1000);
        const quint64 third = queue.add(to("c.gguf"), 1000, 4.0);
        QCOMPARE(queue.unfinishedCount(), 3);
        QVERIFY(queue.isTarget(to("c.gguf").target()));
        QTRY_VERIFY(queue.job(first)->doneBytes > 0);
        QCOMPARE(queue.job(first)->stage, QStringLiteral("blk.0.attn_q.weight"));
        QCOMPARE(queue.job(second)->state, State::Waiting);
        QCOMPARE(model.index(2, JobTableModel::State).data().toString(), QStringLiteral("Waiting"));
        gate.isOpen = true;
        QTRY_COMPARE(finished.count(), 3);
        QCOMPARE(queue.job(first)->state, State::Done);
        QCOMPARE(queue.job(second)->state, State::Failed); // does not stop the queue
        QCOMPARE(queue.job(second)->error->kind(), ErrorKind::DiskFull);
        QCOMPARE(queue.job(third)->state, State::Done);
        QCOMPARE(gate.mostAtOnce.load(), 1);
        QCOMPARE(model.index(0, JobTableModel::Progress).data(JobTableModel::FractionRole).toDouble(), 1.0);
        QCOMPARE(SpeedExperience::correction(), 0.5); // 2 s instead of 4
        queue.remove(second);
        QCOMPARE(model.rowCount(), 2);
        QVERIFY(!queue.job(second));
        QVERIFY(!queue.isTarget(to("c.gguf").target()));
    }

    void cancelsAtOnceAndResumes()
    {
        Gate gate;
        JobQueue queue(gate.runner());
        const quint64 first = queue.add(to("a.gguf"), 1000000);
        const quint64 second = queue.add(to("b.gguf"), 1000000);
        QTRY_VERIFY(queue.job(first)->doneBytes > 0);
        queue.cancel(second); // never started
        QCOMPARE(queue.job(second)->state, State::Cancelled);
        queue.cancel(first);
        QCOMPARE(queue.job(first)->state, State::Stopping);
        QTRY_COMPARE(queue.job(first)->state, State::Cancelled); // the gate is shut: without the cancel it would never end
        QCOMPARE(queue.unfinishedCount(), 0);
        queue.resume(first);
        gate.isOpen = true;
        QTRY_COMPARE(queue.job(first)->state, State::Done);
        QCOMPARE(gate.resumed.load(), 1);
        queue.cancel(first); // too late: nothing happens
        queue.resume(first);
        QCOMPARE(queue.job(first)->state, State::Done);
    }

    void tellsLayersWhileAMethodRuns()
    {
        Gate gate;
        gate.calibrates = true;
        JobQueue queue(gate.runner());
        JobTableModel model(queue);
        const quint64 id = queue.add(to("a.gguf"), 2048);
        QTRY_VERIFY(queue.job(id)->doneBytes > 0);
        QCOMPARE(queue.job(id)->phase, ExportStage::Calibrating);
        QCOMPARE(queue.job(id)->layers.size(), std::size_t{1});
        QCOMPARE(queue.job(id)->layers.front().number, std::size_t{1});
        QVERIFY(model.index(0, JobTableModel::Progress).data().toString().contains(QStringLiteral("of the layers")));
        QVERIFY(model.index(0, JobTableModel::Rate).data().toString().isEmpty()); // no bytes are written yet
        gate.isOpen = true;
        QTRY_COMPARE(queue.job(id)->state, State::Done);
        QCOMPARE(queue.job(id)->phase, ExportStage::Writing);
    }

    void tellsRateAndTimeLeft()
    {
        Gate gate;
        JobQueue queue(gate.runner());
        const quint64 id = queue.add(to("a.gguf"), 1000000);
        QVERIFY(queue.job(id)->secondsLeft() < 0);
        QTRY_VERIFY(queue.job(id)->bytesPerSecond > 0);
        QVERIFY(queue.job(id)->secondsLeft() > 1);
        queue.cancel(id);
        QTRY_VERIFY(queue.job(id)->isFinished());
    }

    void closingCancelsAndWaits()
    {
        Gate gate;
        {
            JobQueue queue(gate.runner());
            QSignalSpy finished(&queue, &JobQueue::finished);
            queue.add(to("a.gguf"), 1000);
            queue.add(to("b.gguf"), 1000);
            queue.cancelAllAndWait();
            QCOMPARE(gate.running.load(), 0);
            QCOMPARE(finished.count(), 2);
            QCOMPARE(queue.unfinishedCount(), 0);
            queue.add(to("c.gguf"), 1000); // destroyed while it runs
        }
        QCOMPARE(gate.running.load(), 0);
    }

    void otherExceptionsAreSaid()
    {
        JobQueue queue([](const EngineExport&, const ExportObserver&, const RunControl&) -> EngineExportResult { throw std::bad_alloc(); });
        const quint64 id = queue.add(to("a.gguf"), 1000);
        QTRY_COMPARE(queue.job(id)->state, State::Failed);
        QVERIFY(!queue.job(id)->error->message().empty());
    }
};

QTEST_MAIN(TestJobQueue)
#include "tst_job_queue.moc"
