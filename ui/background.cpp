// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/background.h"

#include "ui/text.h"

#include <QElapsedTimer>

namespace quantlathe::ui {

/// Forwards progress to the object's thread, at most every 50 ms; several workers may report at a time.
class LatestJob::Reporter : public Progress
{
public:
    Reporter(LatestJob* owner, quint64 number) : m_owner(owner), m_number(number) { m_clock.start(); }

    void report(std::string_view stage, std::uint64_t done, std::uint64_t total) override
    {
        constexpr qint64 interval = 50; // milliseconds
        const qint64 now = m_clock.elapsed();
        qint64 last = m_last.load();
        const bool isDue = now - last >= interval || (total != 0 && done == total);
        if (!isDue || !m_last.compare_exchange_strong(last, now))
            return;
        QMetaObject::invokeMethod(
            m_owner,
            [owner = m_owner, number = m_number, text = toQString(stage), done, total] {
                if (owner->m_current.number == number && owner->m_isRunning)
                    Q_EMIT owner->progressed(text, done, total);
            },
            Qt::QueuedConnection);
    }

private:
    LatestJob* m_owner;
    quint64 m_number;
    QElapsedTimer m_clock;
    std::atomic<qint64> m_last{-1000};
};

LatestJob::LatestJob(QObject* parent) : QObject(parent) {}

LatestJob::~LatestJob()
{
    m_current.stop.request_stop();
    m_pool.waitForDone();
}

LatestJob::Ticket LatestJob::begin()
{
    m_current.stop.request_stop();
    m_current.number = ++m_lastNumber;
    m_current.stop = std::stop_source();
    m_current.reporter = std::make_shared<Reporter>(this, m_current.number);
    setRunning(true);
    return m_current;
}

RunControl LatestJob::controlOf(const Ticket& ticket) { return {ticket.stop.get_token(), ticket.reporter.get()}; }

void LatestJob::finish(quint64 number, std::function<void()> deliver)
{
    QMetaObject::invokeMethod(
        this,
        [this, number, deliver = std::move(deliver)] {
            if (m_current.number != number || !m_isRunning)
                return;
            setRunning(false);
            deliver();
        },
        Qt::QueuedConnection);
}

void LatestJob::cancel()
{
    m_current.stop.request_stop();
    setRunning(false);
}

void LatestJob::cancelAndWait()
{
    cancel();
    m_pool.waitForDone();
}

void LatestJob::setRunning(bool isRunning)
{
    if (m_isRunning == isRunning)
        return;
    m_isRunning = isRunning;
    Q_EMIT runningChanged(isRunning);
}

} // namespace quantlathe::ui
