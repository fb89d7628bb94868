// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/error_previews.h"

#include "core/base/parallel.h"
#include "ui/text.h"

#include <algorithm>
#include <tuple>

namespace quantlathe::ui {

namespace {

constexpr int notifyMilliseconds = 100;

ErrorPreview measured(const Model& model, ErrorPreviews::Key key, bool isExact, const RunControl& control)
{
    ErrorOptions options;
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
    m_sampleQueue.clear();
    m_exactQueue.clear();
    m_favourites.clear();
    m_changed.clear();
    m_notify.start();
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
    if (preview.state == ErrorPreview::State::Pending && !isRunning && m_sampleQueue.insert(key).second)
        startNext();
    else if (preview.state == ErrorPreview::State::Sampled && !isRunning && weightsOf(key) <= automaticExactWeights
             && m_exactQueue.insert(key).second)
        startNext();
    return preview;
}

std::uint64_t ErrorPreviews::weightsOf(Key key) const { return m_model->tensors()[key.first].shape().weightCount(); }

void ErrorPreviews::setFavourites(std::vector<Key> keys)
{
    m_favourites = std::move(keys);
    if (!m_model)
        return;
    for (const Key& key : m_favourites) {
        if (preview(key).state == ErrorPreview::State::Sampled)
            m_exactQueue.insert(key);
    }
    startNext();
}

void ErrorPreviews::retainOnly(const std::set<Key>& wanted)
{
    const auto isUnwanted = [&wanted](const Key& key) { return !wanted.contains(key); };
    std::erase_if(m_sampleQueue, isUnwanted);
    std::erase_if(m_exactQueue, isUnwanted);
    if (m_running && isUnwanted(m_running->key)) {
        m_job.cancel();
        m_running.reset();
    }
    startNext();
}

void ErrorPreviews::stop()
{
    m_sampleQueue.clear();
    m_exactQueue.clear();
    m_running.reset();
    m_job.cancelAndWait();
    m_model.reset();
}

std::optional<ErrorPreviews::Running> ErrorPreviews::takeNext()
{
    const bool isExact = m_sampleQueue.empty();
    std::set<Key>& queue = isExact ? m_exactQueue : m_sampleQueue;
    if (queue.empty())
        return std::nullopt;
    const auto rank = [this](const Key& key) {
        const bool isFavourite = std::find(m_favourites.begin(), m_favourites.end(), key) != m_favourites.end();
        return std::tuple(!isFavourite, weightsOf(key), key);
    };
    // Samples cost about the same whatever the tensor: file order, favourites first.
    const auto best = isExact ? std::min_element(queue.begin(), queue.end(), [&](const Key& a, const Key& b) {
        return rank(a) < rank(b);
    }) : std::find_if(queue.begin(), queue.end(), [&](const Key& key) { return !std::get<0>(rank(key)); });
    const Running next{best == queue.end() ? *queue.begin() : *best, isExact};
    queue.erase(next.key);
    return next;
}

void ErrorPreviews::startNext()
{
    if (m_running || !m_model)
        return;
    m_running = takeNext();
    if (!m_running) {
        m_notify.start();
        return;
    }
    if (!m_notify.isActive())
        m_notify.start();
    const Running run = *m_running;
    m_job.start([model = m_model, run](const RunControl& control) { return measured(*model, run.key, run.isExact, control); },
                [this, run](ErrorPreview preview) { store(run, std::move(preview)); },
                [this, run](const Error& error) {
                    ErrorPreview failed;
                    failed.state = ErrorPreview::State::Failed;
                    failed.failure = messageText(error);
                    store(run, std::move(failed));
                });
}

void ErrorPreviews::store(const Running& run, ErrorPreview preview)
{
    m_running.reset();
    const bool needsExact = preview.state == ErrorPreview::State::Sampled
        && (weightsOf(run.key) <= automaticExactWeights
            || std::find(m_favourites.begin(), m_favourites.end(), run.key) != m_favourites.end());
    m_known[run.key] = std::move(preview);
    if (needsExact)
        m_exactQueue.insert(run.key);
    m_changed.insert(run.key.first);
    if (!m_notify.isActive())
        m_notify.start();
    startNext();
}

} // namespace quantlathe::ui
