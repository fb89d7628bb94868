// SPDX-License-Identifier: GPL-3.0-or-later
// What types cost, tensor by tensor, measured in the background: samples of every type first, then exactly.
#pragma once

#include "core/analysis/error_cache.h"
#include "core/analysis/error_survey.h"
#include "core/model/model.h"
#include "ui/background.h"

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>

#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace quantlathe::ui {

/// The error of one tensor in one type, as far as it is known.
struct ErrorPreview
{
    enum class State {
        Pending,   ///< not measured yet
        Unchanged, ///< the stored bytes are copied: no error at all
        Sampled,   ///< from some of the weights
        Exact,     ///< from all weights
        Failed     ///< cannot be measured; failure says why
    };
    State state = State::Pending;
    PairError error; ///< for the whole tensor, with its interval
    ErrorSums sums;  ///< over the measured weights (Sampled: a part of them)
    QString failure;

    [[nodiscard]] bool isKnown() const { return state != State::Pending && state != State::Failed; }
};

/// Runs an ErrorSurvey off the window's thread, one batch at a time. What is asked for or selected comes first; a running
/// exact pass gives way to it. Figures of an earlier time are taken from the cache. Lives on the window's thread.
class ErrorPreviews : public QObject
{
    Q_OBJECT
public:
    using Key = ErrorSurvey::Key;

    explicit ErrorPreviews(QObject* parent = nullptr);
    ~ErrorPreviews() override;

    /// Where figures are kept; an empty folder (the start) keeps none. Before the first model.
    void setCacheFolder(const std::filesystem::path& folder) { m_cache = ErrorCache(folder); }
    [[nodiscard]] const ErrorCache& cache() const { return m_cache; }
    /// Forgets everything; cancels what runs.
    void setModel(std::shared_ptr<const Model> model);
    /// How types are encoded. Forgets what was measured otherwise.
    void setEncoding(const Encoding& encoding);
    /// What is encoded with and errors are weighted by, of the model; null = without. Forgets what was measured otherwise.
    void setImportance(std::shared_ptr<const ImportanceMatch> importance);
    /// Encoding and importance for the model that is set next: nothing is measured for the present one any more.
    void prepare(const Encoding& encoding, std::shared_ptr<const ImportanceMatch> importance);
    /// The types of the plan, one per tensor.
    void setPlanned(const std::vector<TensorType>& types);
    /// These are measured next, exactly once all samples stand.
    void setFavourites(std::set<Key> keys);
    /// Whether exact passes go on over all tensors and types when nobody looks. On at the start.
    void setThorough(bool isThorough);
    [[nodiscard]] bool isThorough() const { return m_isThorough; }
    /// Nothing is started while others need the processors (exports); samples and what is on screen still are.
    void setYielding(bool isYielding);
    /// Cancels and waits; nothing more is measured until the next setModel(). What is known goes into the cache.
    void stop();

    /// What is known of @p key. Asking counts as looking at it.
    ErrorPreview preview(Key key);
    /// As preview(), without counting.
    [[nodiscard]] ErrorPreview known(Key key) const;
    /// Null without a model.
    [[nodiscard]] const ErrorSurvey* survey() const { return m_survey ? &*m_survey : nullptr; }
    [[nodiscard]] bool isBusy() const { return m_running.has_value(); }

Q_SIGNALS:
    /// New results for these tensors (sorted); a few times a second at most.
    void changed(const std::vector<std::size_t>& tensors);
    void busyChanged(bool isBusy);

private:
    void restart();
    void look();
    void startNext();
    void notifySoon();
    void store(const ErrorSurvey::Batch& batch, ErrorSurvey::Results results);
    void saveSoon();
    void retire();
    [[nodiscard]] ErrorSurvey::Stage lastStage() const;

    std::shared_ptr<const Model> m_model;
    Encoding m_encoding;
    std::shared_ptr<const ImportanceMatch> m_importance;
    ErrorCache m_cache{std::filesystem::path()};
    std::optional<ErrorSurvey> m_survey;
    std::vector<TensorType> m_planned;
    std::set<Key> m_favourites;
    std::set<Key> m_asked;    ///< looked at and not exact yet
    std::optional<ErrorSurvey::Stage> m_running;
    bool m_isLoading = false; ///< the cache is being read
    bool m_isThorough = true;
    bool m_isYielding = false;
    bool m_isUnsaved = false;
    bool m_wereSamplesSaved = false;
    std::set<std::size_t> m_changed; ///< waiting for m_notify
    QTimer m_notify;
    QElapsedTimer m_sinceNotified;
    QTimer m_look; ///< asked keys are looked at together
    bool m_wasBusy = false;
    LatestJob m_saving;
    LatestJob m_job; ///< last members: destroyed (cancelled, waited for) first
};

} // namespace quantlathe::ui
