// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/error_previews.h"

#include "core/base/parallel.h"
#include "core/plan/possible_types.h"
#include "ui/text.h"

#include <QThreadPool>

#include <algorithm>
#include <memory>

namespace quantlathe::ui {

namespace {

constexpr int notifyMilliseconds = 100;

} // namespace

ErrorPreviews::ErrorPreviews(QObject* parent) : QObject(parent)
{
    m_notify.setSingleShot(true);
    connect(&m_notify, &QTimer::timeout, this, [this] {
        m_sinceNotified.start();
        const std::vector<std::size_t> tensors(m_changed.begin(), m_changed.end());
        m_changed.clear();
        if (!tensors.empty())
            Q_EMIT changed(tensors);
        if (m_wasBusy != isBusy()) {
            m_wasBusy = !m_wasBusy;
            Q_EMIT busyChanged(m_wasBusy);
        }
    });
    m_look.setSingleShot(true);
    m_look.setInterval(0);
    connect(&m_look, &QTimer::timeout, this, &ErrorPreviews::look);
}

ErrorPreviews::~ErrorPreviews() { stop(); }

/// The first news at once, then a few times a second.
void ErrorPreviews::notifySoon()
{
    if (m_notify.isActive())
        return;
    const qint64 passed = m_sinceNotified.isValid() ? m_sinceNotified.elapsed() : notifyMilliseconds;
    m_notify.start(static_cast<int>(std::max<qint64>(0, notifyMilliseconds - passed)));
}

void ErrorPreviews::setModel(std::shared_ptr<const Model> model)
{
    retire();
    m_model = std::move(model);
    m_planned.clear();
    if (m_model) {
        for (const Tensor& tensor : m_model->tensors())
            m_planned.push_back(tensor.type());
    }
    restart();
}

void ErrorPreviews::setEncoding(const Encoding& encoding)
{
    if (encoding == m_encoding)
        return;
    retire();
    m_encoding = encoding;
    restart();
}

void ErrorPreviews::setImportance(std::shared_ptr<const ImportanceMatch> importance)
{
    if (importance == m_importance)
        return;
    retire();
    m_importance = std::move(importance);
    restart();
}

void ErrorPreviews::prepare(const Encoding& encoding, std::shared_ptr<const ImportanceMatch> importance)
{
    retire();
    m_model.reset();
    m_encoding = encoding;
    m_importance = std::move(importance);
}

void ErrorPreviews::restart()
{
    m_job.cancel();
    m_running.reset();
    m_favourites.clear();
    m_asked.clear();
    m_changed.clear();
    m_isLoading = false;
    m_isUnsaved = false;
    m_wereSamplesSaved = false;
    notifySoon();
    if (!m_model)
        return;
    m_survey.emplace(m_model, possibleTypes(*m_model));
    m_survey->setPlanned(m_planned);
    if (m_cache.folder().empty()) {
        startNext();
        return;
    }
    m_isLoading = true;
    const auto measure = [this] {
        m_isLoading = false;
        startNext();
    };
    m_job.start([model = m_model, cache = m_cache, encoding = m_encoding, importance = m_importance](
                    const RunControl& control) { return cache.load(*model, encoding, control, importance.get()); },
                [this, measure](const ErrorSurvey::Results& results) {
                    m_survey->restore(results);
                    for (const auto& measured : results.pairs)
                        m_changed.insert(measured.key.tensor);
                    for (const auto& figures : results.figures)
                        m_changed.insert(figures.first);
                    measure();
                },
                [measure](const Error&) { measure(); });
}

void ErrorPreviews::setPlanned(const std::vector<TensorType>& types)
{
    m_planned = types;
    if (!m_survey)
        return;
    m_survey->setPlanned(types);
    // Types that were given up again need no exact pass.
    std::erase_if(m_asked, [&](const Key& key) { return types[key.tensor] != key.type; });
    m_look.start();
}

void ErrorPreviews::setFavourites(std::set<Key> keys)
{
    m_favourites = std::move(keys);
    m_look.start();
}

void ErrorPreviews::setThorough(bool isThorough)
{
    m_isThorough = isThorough;
    look();
}

void ErrorPreviews::setYielding(bool isYielding)
{
    if (isYielding == m_isYielding)
        return;
    m_isYielding = isYielding;
    look();
}

ErrorSurvey::Stage ErrorPreviews::lastStage() const
{
    return m_isThorough && !m_isYielding ? ErrorSurvey::Stage::Done : ErrorSurvey::Stage::ExactShown;
}

void ErrorPreviews::look()
{
    if (!m_survey)
        return;
    std::set<Key> shown = m_favourites;
    shown.insert(m_asked.begin(), m_asked.end());
    m_survey->setShown(std::move(shown));
    if (m_running) {
        // A long pass gives way to what is needed earlier, or when it is not wanted any more.
        const auto next = m_survey->nextBatch(lastStage());
        const bool isLong = *m_running >= ErrorSurvey::Stage::ExactShown;
        if (!isLong || (next && next->stage >= *m_running && *m_running <= lastStage()))
            return;
        m_job.cancel();
        m_running.reset();
    }
    startNext();
}

ErrorPreview ErrorPreviews::known(Key key) const
{
    ErrorPreview preview;
    if (!m_survey)
        return preview;
    preview.error = m_survey->table().at(key.tensor, key.type);
    if (key.type == m_model->tensors()[key.tensor].type()) {
        preview.state = ErrorPreview::State::Unchanged;
        return preview;
    }
    if (const ErrorSums* sums = m_survey->sums(key))
        preview.sums = *sums;
    switch (preview.error.quality) {
    case PairError::Quality::Sampled:
        preview.state = ErrorPreview::State::Sampled;
        break;
    case PairError::Quality::Exact:
        preview.state = ErrorPreview::State::Exact;
        break;
    case PairError::Quality::Failed:
        preview.state = ErrorPreview::State::Failed;
        if (const Error* failure = m_survey->failure(key))
            preview.failure = messageText(*failure);
        break;
    case PairError::Quality::Unknown: {
        const auto& types = m_survey->types(key.tensor);
        if (std::find(types.begin(), types.end(), key.type) == types.end()) {
            preview.state = ErrorPreview::State::Failed;
            preview.failure = tr("This version cannot write %1, so its error cannot be measured.").arg(toQString(name(key.type)));
        }
        break;
    }
    }
    return preview;
}

ErrorPreview ErrorPreviews::preview(Key key)
{
    ErrorPreview preview = known(key);
    if ((preview.state == ErrorPreview::State::Pending || preview.state == ErrorPreview::State::Sampled) && m_survey
        && m_asked.insert(key).second)
        m_look.start();
    return preview;
}

void ErrorPreviews::stop()
{
    m_job.cancelAndWait();
    m_running.reset();
    retire();
    m_model.reset();
}

void ErrorPreviews::startNext()
{
    if (m_running || m_isLoading || !m_survey)
        return;
    notifySoon();
    auto batch = m_survey->nextBatch(lastStage());
    const bool areSamplesDone = !batch || batch->stage > ErrorSurvey::Stage::SampleSlow;
    if (!batch || (areSamplesDone && !m_wereSamplesSaved)) {
        m_wereSamplesSaved = areSamplesDone;
        saveSoon();
    }
    if (!batch)
        return;
    m_running = batch->stage;
    // Samples are short: all processors. During long passes one stays free for the window.
    const unsigned threads = batch->isExact() ? std::max(1u, defaultThreadCount() - 1) : 0;
    m_job.start([model = m_model, batch = *batch, encoding = m_encoding, importance = m_importance, threads](const RunControl& control) {
                    return ErrorSurvey::run(*model, batch, encoding, threads, control, importance.get());
                },
                [this, batch = *batch](ErrorSurvey::Results results) { store(batch, std::move(results)); },
                [this](const Error& error) {
                    // The file changed: nothing more can be measured; opening it again starts afresh.
                    m_running.reset();
                    if (error.kind() == ErrorKind::SourceChanged)
                        m_isUnsaved = false;
                    notifySoon();
                });
}

void ErrorPreviews::store(const ErrorSurvey::Batch& batch, ErrorSurvey::Results results)
{
    m_running.reset();
    m_isUnsaved = true;
    for (const auto& measured : results.pairs)
        m_changed.insert(measured.key.tensor);
    for (const auto& figures : results.figures)
        m_changed.insert(figures.first);
    m_survey->store(batch, std::move(results));
    notifySoon();
    std::erase_if(m_asked, [this](const Key& key) {
        const PairError::Quality quality = m_survey->table().at(key.tensor, key.type).quality;
        return quality == PairError::Quality::Exact || quality == PairError::Quality::Failed;
    });
    startNext();
}

/// Copying and freeing the figures of thousands of tensors, and perhaps the last hold on their files, takes a while:
/// elsewhere.
void ErrorPreviews::retire()
{
    if (!m_survey)
        return;
    auto old = std::make_shared<ErrorSurvey>(std::move(*m_survey));
    m_survey.reset();
    const bool isKept = m_isUnsaved && !m_cache.folder().empty();
    m_isUnsaved = false;
    if (!isKept) {
        QThreadPool::globalInstance()->start([old = std::move(old)]() mutable { old.reset(); });
        return;
    }
    m_saving.start(
        [model = m_model, cache = m_cache, encoding = m_encoding, importance = m_importance, old = std::move(old)](const RunControl&) mutable {
            cache.save(*model, encoding, old->results(), importance.get());
            old.reset();
            return true;
        },
        [](bool) {}, [](const Error&) {}); // without a cache everything works all the same
}

void ErrorPreviews::saveSoon()
{
    if (!m_isUnsaved || !m_survey || m_cache.folder().empty())
        return;
    m_isUnsaved = false;
    m_saving.start(
        [model = m_model, cache = m_cache, encoding = m_encoding, importance = m_importance, results = m_survey->results()](const RunControl&) {
            cache.save(*model, encoding, results, importance.get());
            return true;
        },
        [](bool) {}, [](const Error&) {}); // without a cache everything works all the same
}

} // namespace quantlathe::ui
