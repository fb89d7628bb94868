// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/error_previews.h"

#include "core/base/parallel.h"
#include "ui/text.h"

#include <algorithm>

namespace quantlathe::ui {

namespace {

constexpr int notifyMilliseconds = 100;

ErrorPreview measured(const Model& model, ErrorPreviews::Key key, const Encoding& encoding, bool isExact,
                      const RunControl& control)
{
    ErrorOptions options;
    options.encoding = encoding;
    options.maximumWeights = isExact ? 0 : ErrorPreviews::sampleWeights;
    // One processor stays free for the window.
    options.threads = std::max(1u, defaultThreadCount() - 1);
    ErrorPreview preview;
    try {
        const QuantizationError error = measureError(model.tensors()[key.first], key.second, options, control);
        preview.sums = error.total;
        preview.state = error.isSampled ? ErrorPreview::State::Sampled : ErrorPreview::State::Exact;
    } catch (const Error& error) {
        if (error.kind() == ErrorKind::Cancelled)
            throw;
        preview.state = ErrorPreview::State::Failed;
        preview.failure = messageText(error);
    }
    return preview;
}

} // namespace

ErrorPreviews::ErrorPreviews(QObject* parent) : QObject(parent)
{
    m_notify.setSingleShot(true);
    m_notify.setInterval(notifyMilliseconds);
    connect(&m_notify, &QTimer::timeout, this, [this] {
        const std::vector<std::size_t> tensors(m_changed.begin(), m_changed.end());
        m_changed.clear();
        if (!tensors.empty())
            Q_EMIT changed(tensors);
        if (m_wasBusy != isBusy()) {
            m_wasBusy = !m_wasBusy;
            Q_EMIT busyChanged(m_wasBusy);
        }
    });
}

void ErrorPreviews::setModel(std::shared_ptr<const Model> model)
{
    m_job.cancel();
    m_running.reset();
    m_model = std::move(model);
    m_known.clear();
    m_queue.clear();
    m_favourites.clear();
    m_changed.clear();
    m_notify.start();
}

void ErrorPreviews::setEncoding(const Encoding& encoding)
{
    if (encoding == m_encoding)
        return;
    m_encoding = encoding;
    setModel(m_model);
}

const ErrorPreview* ErrorPreviews::known(Key key) const
{
    const auto found = m_known.find(key);
    return found == m_known.end() || found->second.state == ErrorPreview::State::Pending ? nullptr : &found->second;
}

const ErrorPreview& ErrorPreviews::preview(Key key)
{
    static const ErrorPreview pending;
    if (!m_model)
        return pending;
    const auto [entry, isNew] = m_known.try_emplace(key);
    ErrorPreview& preview = entry->second;
    if (isNew && key.second == m_model->tensors()[key.first].type())
        preview.state = ErrorPreview::State::Unchanged;
    const bool isRunning = m_running && m_running->key == key;
    const bool wantsSample = preview.state == ErrorPreview::State::Pending;
    const bool wantsExact = preview.state == ErrorPreview::State::Sampled && needsExact(key);
    if (!isRunning && (wantsSample || wantsExact) && enqueue(key, wantsExact))
        startNext();
    return preview;
}

std::uint64_t ErrorPreviews::weightsOf(Key key) const { return m_model->tensors()[key.first].shape().weightCount(); }

bool ErrorPreviews::needsExact(Key key) const
{
    return weightsOf(key) <= automaticExactWeights || m_favourites.contains(key);
}

ErrorPreviews::Measurement ErrorPreviews::measurement(Key key, bool isExact) const
{
    return {isExact, !m_favourites.contains(key), isExact ? weightsOf(key) : 0, key};
}

bool ErrorPreviews::enqueue(Key key, bool isExact) { return m_queue.insert(measurement(key, isExact)).second; }

void ErrorPreviews::setFavourites(std::set<Key> keys)
{
    if (!m_model)
        return;
    m_favourites = std::move(keys);
    std::set<Measurement> queue;
    for (const Measurement& queued : m_queue)
        queue.insert(measurement(queued.key, queued.isExact));
    m_queue = std::move(queue);
    for (const Key& key : m_favourites)
        preview(key);
    startNext();
}

void ErrorPreviews::retainOnly(const std::set<Key>& wanted)
{
    std::erase_if(m_queue, [&wanted](const Measurement& queued) { return !wanted.contains(queued.key); });
    if (m_running && !wanted.contains(m_running->key)) {
        m_job.cancel();
        m_running.reset();
    }
    startNext();
}

void ErrorPreviews::stop()
{
    m_queue.clear();
    m_running.reset();
    m_job.cancelAndWait();
    m_model.reset();
}

void ErrorPreviews::startNext()
{
    if (m_running || !m_model)
        return;
    if (!m_notify.isActive())
        m_notify.start();
    if (m_queue.empty())
        return;
    const Measurement run = *m_queue.begin();
    m_queue.erase(m_queue.begin());
    m_running = run;
    m_job.start([model = m_model, run, encoding = m_encoding](const RunControl& control) {
                    return measured(*model, run.key, encoding, run.isExact, control);
                },
                [this, run](ErrorPreview preview) { store(run, std::move(preview)); },
                [this, run](const Error& error) {
                    ErrorPreview failed;
                    failed.state = ErrorPreview::State::Failed;
                    failed.failure = messageText(error);
                    store(run, std::move(failed));
                });
}

void ErrorPreviews::store(const Measurement& run, ErrorPreview preview)
{
    m_running.reset();
    const bool isSampled = preview.state == ErrorPreview::State::Sampled;
    m_known[run.key] = std::move(preview);
    if (isSampled && needsExact(run.key))
        enqueue(run.key, true);
    m_changed.insert(run.key.first);
    startNext();
}

} // namespace quantlathe::ui
