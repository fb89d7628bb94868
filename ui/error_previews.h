// SPDX-License-Identifier: GPL-3.0-or-later
// What the chosen types cost, tensor by tensor, measured in the background: first on a sample of rows, then exactly.
#pragma once

#include "core/analysis/quantization_error.h"
#include "core/model/model.h"
#include "ui/background.h"

#include <QObject>
#include <QString>
#include <QTimer>

#include <compare>
#include <cstdint>
#include <map>
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
        Sampled,   ///< from some of the rows
        Exact,     ///< from all weights
        Failed     ///< cannot be measured; failure says why
    };
    State state = State::Pending;
    ErrorSums sums;  ///< over the measured rows (Sampled: a part of the weights)
    QString failure;

    [[nodiscard]] bool isKnown() const { return state != State::Pending && state != State::Failed; }
};

/// Cache and queue. One measurement runs at a time (it uses several threads itself); the queue is worked off in the order:
/// samples before exact passes, favourites (what the person looks at) before others, small tensors before large ones.
/// Asking is cheap, so models ask while they paint. Lives on the window's thread.
class ErrorPreviews : public QObject
{
    Q_OBJECT
public:
    using Key = std::pair<std::size_t, TensorType>; ///< tensor index, type written

    /// Larger tensors are measured exactly only while they are favourites: a pass over them takes seconds.
    static constexpr std::uint64_t automaticExactWeights = 1u << 24;
    static constexpr std::uint64_t sampleWeights = 1u << 16;

    explicit ErrorPreviews(QObject* parent = nullptr);

    /// Forgets everything; cancels what runs.
    void setModel(std::shared_ptr<const Model> model);
    /// How types are encoded. Forgets what was measured otherwise.
    void setEncoding(const Encoding& encoding);
    /// What is known of @p key; Pending entries are queued.
    const ErrorPreview& preview(Key key);
    /// Without queueing; null when nothing is known.
    [[nodiscard]] const ErrorPreview* known(Key key) const;
    /// These are measured next, and exactly whatever their size.
    void setFavourites(std::set<Key> keys);
    /// Drops queued entries that are not in @p wanted any more, and cancels a running one.
    void retainOnly(const std::set<Key>& wanted);
    /// Cancels and waits; nothing more is measured until the next setModel().
    void stop();
    [[nodiscard]] bool isBusy() const { return m_running.has_value() || !m_queue.empty(); }

Q_SIGNALS:
    /// New results for these tensors (sorted); a few times a second at most.
    void changed(const std::vector<std::size_t>& tensors);
    void busyChanged(bool isBusy);

private:
    /// A queued or running measurement; the order of the members is the order of the queue.
    struct Measurement
    {
        bool isExact = false;
        bool isOrdinary = true;    ///< no favourite
        std::uint64_t weights = 0; ///< 0 for samples: they cost the same whatever the tensor, so they go in file order
        Key key;
        auto operator<=>(const Measurement&) const = default;
    };

    [[nodiscard]] Measurement measurement(Key key, bool isExact) const;
    bool enqueue(Key key, bool isExact);
    [[nodiscard]] bool needsExact(Key key) const;
    void startNext();
    void store(const Measurement& run, ErrorPreview preview);
    [[nodiscard]] std::uint64_t weightsOf(Key key) const;

    std::shared_ptr<const Model> m_model;
    Encoding m_encoding;
    std::map<Key, ErrorPreview> m_known;
    std::set<Measurement> m_queue;
    std::set<Key> m_favourites;
    std::optional<Measurement> m_running;
    std::set<std::size_t> m_changed; ///< waiting for m_notify
    QTimer m_notify;
    bool m_wasBusy = false;
    LatestJob m_job; ///< last member: destroyed (cancelled, waited for) first
};

} // namespace quantlathe::ui
