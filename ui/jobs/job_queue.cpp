// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/job_queue.h"

#include "ui/jobs/expected_time.h"
#include "ui/text.h"

#include <QCoreApplication>
#include <QEvent>

#include <algorithm>
#include <atomic>

namespace quantlathe::ui {

using State = ExportJob::State;

double ExportJob::secondsLeft() const
{
    if (bytesPerSecond <= 0 || totalBytes == 0)
        return -1;
    return static_cast<double>(totalBytes - std::min(doneBytes, totalBytes)) / bytesPerSecond;
}

double ExportJob::seconds() const
{
    return std::visit([](const auto& written) { return written.seconds; }, result->written);
}

quint64 ExportJob::resumedBytes() const
{
    const auto* file = std::get_if<QuantizeResult>(&result->written);
    return file ? file->resumedBytes : 0;
}

std::filesystem::path ExportJob::written() const
{
    if (const auto* file = std::get_if<QuantizeResult>(&result->written))
        return file->files.empty() ? std::filesystem::path() : file->files.front();
    return std::get<FolderResult>(result->written).folder;
}

/// Forwards progress to the queue's thread, at most every 100 ms; several workers may report at a time.
class JobQueue::Reporter : public Progress
{
public:
    Reporter(JobQueue* queue, quint64 id) : m_queue(queue), m_id(id) { m_clock.start(); }

    void report(std::string_view stage, std::uint64_t done, std::uint64_t total) override
    {
        constexpr qint64 interval = 100; // milliseconds
        const qint64 now = m_clock.elapsed();
        qint64 last = m_last.load();
        if (now - last < interval || !m_last.compare_exchange_strong(last, now))
            return;
        QMetaObject::invokeMethod(
            m_queue, [queue = m_queue, id = m_id, text = toQString(stage), done, total] { queue->takeProgress(id, text, done, total); },
            Qt::QueuedConnection);
    }

private:
    JobQueue* m_queue; ///< outlives the job: its destructor waits
    quint64 m_id;
    QElapsedTimer m_clock;
    std::atomic<qint64> m_last{-1000};
};

JobQueue::JobQueue(QObject* parent) : JobQueue(runEngineExport, parent) {}

JobQueue::JobQueue(Runner runner, QObject* parent) : QObject(parent), m_runner(std::move(runner)) { m_pool.setMaxThreadCount(1); }

JobQueue::~JobQueue()
{
    m_isShuttingDown = true;
    m_stop.request_stop();
    m_pool.waitForDone();
}

quint64 JobQueue::add(EngineExport request, quint64 outputBytes, double roughSeconds)
{
    const int row = static_cast<int>(m_jobs.size());
    Q_EMIT aboutToAdd(row);
    ExportJob job;
    job.id = ++m_lastId;
    job.request = std::move(request);
    job.outputBytes = job.totalBytes = outputBytes;
    job.roughSeconds = roughSeconds;
    m_jobs.push_back(std::move(job));
    Q_EMIT added(row);
    const quint64 id = m_lastId;
    startNext();
    return id;
}

const ExportJob* JobQueue::job(quint64 id) const
{
    const int row = rowOf(id);
    return row < 0 ? nullptr : &m_jobs[static_cast<std::size_t>(row)];
}

int JobQueue::rowOf(quint64 id) const
{
    const auto found = std::find_if(m_jobs.begin(), m_jobs.end(), [id](const ExportJob& job) { return job.id == id; });
    return found == m_jobs.end() ? -1 : static_cast<int>(found - m_jobs.begin());
}

int JobQueue::unfinishedCount() const
{
    return static_cast<int>(std::count_if(m_jobs.begin(), m_jobs.end(), [](const ExportJob& job) { return !job.isFinished(); }));
}

bool JobQueue::isTarget(const std::filesystem::path& target) const
{
    return std::any_of(m_jobs.begin(), m_jobs.end(),
                       [&target](const ExportJob& job) { return !job.isFinished() && job.request.target() == target; });
}

void JobQueue::cancel(quint64 id)
{
    const int row = rowOf(id);
    if (row < 0)
        return;
    ExportJob& job = m_jobs[static_cast<std::size_t>(row)];
    if (job.state == State::Waiting) {
        job.state = State::Cancelled;
        Q_EMIT changed(row);
        Q_EMIT finished(id);
    } else if (job.state == State::Running) {
        job.state = State::Stopping;
        m_stop.request_stop();
        Q_EMIT changed(row);
    }
}

void JobQueue::resume(quint64 id)
{
    const int row = rowOf(id);
    if (row < 0)
        return;
    ExportJob& job = m_jobs[static_cast<std::size_t>(row)];
    if (job.state != State::Failed && job.state != State::Cancelled)
        return;
    job.state = State::Waiting;
    job.error.reset();
    job.request.resume = true;
    Q_EMIT changed(row);
    startNext();
}

void JobQueue::remove(quint64 id)
{
    const int row = rowOf(id);
    if (row < 0 || !m_jobs[static_cast<std::size_t>(row)].isFinished())
        return;
    Q_EMIT aboutToRemove(row);
    m_jobs.erase(m_jobs.begin() + row);
    Q_EMIT removed(row);
}

void JobQueue::cancelAllAndWait()
{
    m_isShuttingDown = true;
    for (int row = static_cast<int>(m_jobs.size()) - 1; row >= 0; --row) // the last first: none starts meanwhile
        cancel(m_jobs[static_cast<std::size_t>(row)].id);
    m_pool.waitForDone();
    // The outcome is on its way as a queued call; who waits here does not return to the event loop.
    QCoreApplication::sendPostedEvents(this, QEvent::MetaCall);
    m_isShuttingDown = false;
}

void JobQueue::startNext()
{
    if (m_running || m_isShuttingDown)
        return;
    const auto next = std::find_if(m_jobs.begin(), m_jobs.end(), [](const ExportJob& job) { return job.state == State::Waiting; });
    if (next != m_jobs.end())
        run(*next);
}

void JobQueue::run(ExportJob& job)
{
    m_running = job.id;
    m_stop = std::stop_source();
    m_reporter = std::make_shared<Reporter>(this, job.id);
    m_rateClock.invalidate();
    m_runClock.start();
    job.state = State::Running;
    job.doneBytes = 0;
    job.bytesPerSecond = 0;
    job.stage.clear();
    job.layers.clear();
    Q_EMIT changed(rowOf(job.id));
    m_pool.start([this, id = *m_running, request = m_jobs[static_cast<std::size_t>(rowOf(*m_running))].request,
                  stop = m_stop.get_token(), reporter = m_reporter, runner = m_runner] {
        std::optional<EngineExportResult> result;
        std::optional<Error> error;
        ExportObserver observer;
        observer.onStage = [this, id](ExportStage phase) { QMetaObject::invokeMethod(this, [this, id, phase] { enter(id, phase); }, Qt::QueuedConnection); };
        observer.onLayer = [this, id](const LayerReport& report) {
            const ExportJob::Layer layer{report.layer + 1, report.layers, largestError(report)};
            QMetaObject::invokeMethod(this, [this, id, layer] { takeLayer(id, layer); }, Qt::QueuedConnection);
        };
        try {
            result = runner(request, observer, {stop, reporter.get()});
        } catch (const Error& thrown) {
            error = thrown;
        } catch (const std::exception& thrown) { // out of memory and the like: said, not a crash
            error = Error(ErrorKind::Io, thrown.what());
        }
        QMetaObject::invokeMethod(
            this,
            [this, id, result = std::move(result), error = std::move(error)]() mutable {
                finish(id, std::move(result), std::move(error));
            },
            Qt::QueuedConnection);
    });
}

void JobQueue::enter(quint64 id, ExportStage phase)
{
    const int row = rowOf(id);
    if (row < 0 || m_running != id)
        return;
    ExportJob& job = m_jobs[static_cast<std::size_t>(row)];
    job.phase = phase;
    job.doneBytes = 0;
    job.totalBytes = phase == ExportStage::Writing ? job.outputBytes : 0;
    job.bytesPerSecond = 0;
    job.stage.clear();
    m_rateClock.invalidate();
    Q_EMIT changed(row);
}

void JobQueue::takeLayer(quint64 id, ExportJob::Layer layer)
{
    const int row = rowOf(id);
    if (row < 0 || m_running != id)
        return;
    m_jobs[static_cast<std::size_t>(row)].layers.push_back(layer);
    Q_EMIT changed(row);
}

void JobQueue::takeProgress(quint64 id, const QString& stage, quint64 done, quint64 total)
{
    const int row = rowOf(id);
    if (row < 0 || m_running != id)
        return;
    ExportJob& job = m_jobs[static_cast<std::size_t>(row)];
    job.stage = stage;
    job.doneBytes = done;
    if (total != 0)
        job.totalBytes = total;
    constexpr double settling = 0.3; // share of the newest second in the rate
    constexpr qint64 rateInterval = 500;
    if (!m_rateClock.isValid()) { // what was resumed does not count
        m_rateClock.start();
        m_rateBytes = done;
    } else if (m_rateClock.elapsed() >= rateInterval && done > m_rateBytes) {
        const double rate = static_cast<double>(done - m_rateBytes) * 1000 / static_cast<double>(m_rateClock.restart());
        job.bytesPerSecond = job.bytesPerSecond <= 0 ? rate : job.bytesPerSecond * (1 - settling) + rate * settling;
        m_rateBytes = done;
    }
    Q_EMIT changed(row);
}

void JobQueue::finish(quint64 id, std::optional<EngineExportResult> result, std::optional<Error> error)
{
    m_running.reset();
    const int row = rowOf(id);
    ExportJob& job = m_jobs[static_cast<std::size_t>(row)];
    if (result) { // finished, even when a stop came in the last moment
        job.state = State::Done;
        job.tookSeconds = static_cast<double>(m_runClock.elapsed()) / 1000;
        job.result = std::move(result);
        job.outputBytes = std::visit([](const auto& written) { return written.totalBytes; }, job.result->written);
        job.doneBytes = job.totalBytes = job.outputBytes;
        std::visit([](auto& work) { work.model.reset(); }, job.request.work); // the source may be closed
        if (job.resumedBytes() == 0 && !job.request.isFolder() && job.result->calibration.empty())
            SpeedExperience::learn(job.roughSeconds, job.seconds());
    } else {
        job.state = error->kind() == ErrorKind::Cancelled ? State::Cancelled : State::Failed;
        if (job.state == State::Failed)
            job.error = std::move(error);
    }
    Q_EMIT changed(row);
    Q_EMIT finished(id);
    startNext();
}

} // namespace quantlathe::ui
