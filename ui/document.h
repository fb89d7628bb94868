// SPDX-License-Identifier: GPL-3.0-or-later
// What the window works on: one opened model, the plan for it, what is selected, and what the plan costs. Panels read the
// Document and listen to its signals; they never talk to each other.
#pragma once

#include "core/analysis/sensitivities.h"
#include "core/memory/estimate.h"
#include "core/model/importance_match.h"
#include "core/model/metadata_edits.h"
#include "core/model/model.h"
#include "core/plan/plan.h"
#include "ui/background.h"
#include "ui/error_previews.h"

#include <QObject>
#include <QUndoStack>

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace quantlathe::ui {

/// Indices into Model::tensors(), sorted, without repetition.
using TensorIndices = std::vector<std::size_t>;

/// Lives on the window's thread. The model is an immutable snapshot: hand the shared pointer to worker threads.
class Document : public QObject
{
    Q_OBJECT
public:
    explicit Document(QObject* parent = nullptr);
    /// Cancels all background work and waits for it.
    ~Document() override;

    // --- model ---
    /// Null while nothing is open.
    [[nodiscard]] const std::shared_ptr<const Model>& model() const { return m_model; }
    [[nodiscard]] bool hasModel() const { return m_model != nullptr; }
    [[nodiscard]] std::size_t tensorCount() const { return m_effective.size(); }
    /// Opens @p path on a worker thread; ends in opened() or openFailed(). A second call supersedes the first. What is
    /// open stays open until the new model is there.
    void open(const std::filesystem::path& path);
    void cancelOpening();
    [[nodiscard]] bool isOpening() const { return m_opening.isRunning(); }
    /// Replaces the model; the plan, selection and undo history start afresh.
    void setModel(std::shared_ptr<const Model> model);
    void close() { setModel(nullptr); }

    // --- plan ---
    [[nodiscard]] const Plan& plan() const { return m_plan; }
    /// What will really be written for tensor @p index (cached).
    [[nodiscard]] const EffectiveChoice& effectiveChoice(std::size_t index) const { return m_effective[index]; }
    /// Bytes of all tensors as they will be written, without header and padding.
    [[nodiscard]] std::uint64_t effectiveTensorBytes() const { return m_effectiveBytes; }
    /// Of the whole model as it will be written; 0 without weights.
    [[nodiscard]] double effectiveBitsPerWeight() const;
    [[nodiscard]] QUndoStack& undoStack() { return m_undoStack; }
    /// Chooses @p type for @p tensors (nothing = as stored) as one undoable step called @p text. No step when nothing changes.
    void setType(const TensorIndices& tensors, std::optional<TensorType> type, const QString& text);
    /// How all chosen types are encoded, as one undoable step called @p text. No step when nothing changes.
    void setEncoding(const Encoding& encoding, const QString& text);
    /// Takes over all of @p plan as one undoable step.
    void setPlan(const Plan& plan, const QString& text);
    /// All tensors of @p layer (nothing = those outside the layers); all tensors with @p role.
    [[nodiscard]] TensorIndices tensorsOfLayer(std::optional<int> layer) const;
    [[nodiscard]] TensorIndices tensorsOfRole(TensorRole role) const;
    [[nodiscard]] TensorIndices allTensors() const;

    // --- metadata ---
    /// As it will be written: the model's own with all edits.
    [[nodiscard]] const Metadata& metadata() const { return m_metadata; }
    [[nodiscard]] const MetadataEdits& metadataEdits() const { return m_edits; }
    /// Sets @p key (nothing = removes it) as one undoable step called @p text; a value as stored takes the edit away. No step when
    /// nothing changes. @return why it cannot be (core's sentence); empty when it was done
    QString editMetadata(const std::string& key, std::optional<MetadataValue> value, const QString& text);
    /// The same model, opened again after its own file was changed: the plan stays, the undo history does not.
    void replaceModel(std::shared_ptr<const Model> model);

    // --- importance ---
    /// What exports and errors are weighted with; null without. Of model(); goes with it.
    [[nodiscard]] const std::shared_ptr<const ImportanceMatch>& importance() const { return m_importance; }
    /// Reads importance data and matches them with the model on a worker thread; ends in importanceChanged() or importanceFailed().
    /// A second call supersedes the first. Needs a model.
    void loadImportance(const std::filesystem::path& path);
    /// @p importance of model(), or null: without.
    void setImportance(std::shared_ptr<const ImportanceMatch> importance);

    // --- selection ---
    /// Every selected tensor; a selected layer selects its tensors.
    [[nodiscard]] const TensorIndices& selection() const { return m_selection; }
    /// The tensor with the focus; nothing when a layer or nothing has it.
    [[nodiscard]] std::optional<std::size_t> currentTensor() const { return m_current; }
    void setSelection(TensorIndices selection, std::optional<std::size_t> current);
    /// Ask whoever shows metadata or values to go there: keyRequested(), weightRequested().
    void requestKey(const QString& key) { Q_EMIT keyRequested(key); }
    void requestWeight(std::size_t tensor, std::uint64_t row, std::uint64_t column) { Q_EMIT weightRequested(tensor, row, column); }

    // --- running it ---
    [[nodiscard]] const RuntimeSettings& runtimeSettings() const { return m_runtimeSettings; }
    void setRuntimeSettings(const RuntimeSettings& settings);
    /// What it is to run on; none: one device of unknown size.
    [[nodiscard]] const std::vector<Device>& devices() const { return m_devices; }
    void setDevices(std::vector<Device> devices);
    /// Of the current plan; computed on first use after a change. Needs a model.
    [[nodiscard]] const MemoryEstimate& memoryEstimate() const;
    /// Answers the same for other plans and settings, on any thread. Needs a model.
    [[nodiscard]] std::shared_ptr<const MemoryModel> memoryModel() const;

    // --- what types cost ---
    /// Of tensor @p index in the type it will be written in. Asking counts as looking at it: it is measured next.
    ErrorPreview errorPreview(std::size_t index) { return m_previews.preview(errorKey(index)); }
    /// Likewise in any type.
    ErrorPreview errorPreview(std::size_t index, TensorType written) { return m_previews.preview({index, written}); }
    /// Without counting.
    [[nodiscard]] ErrorPreview knownError(std::size_t index) const { return m_previews.known(errorKey(index)); }
    /// All that is known of every tensor in every type, how the weights spread, and how far the measuring is. Null without a
    /// model. Changes with errorsChanged().
    [[nodiscard]] const ErrorSurvey* survey() const { return m_previews.survey(); }
    [[nodiscard]] bool isMeasuring() const { return m_previews.isBusy(); }
    /// The background work itself: its cache, whether it goes on over everything.
    [[nodiscard]] ErrorPreviews& previews() { return m_previews; }

    /// How much an error in each tensor matters, measured on a text; null while nobody has measured it. Goes with the model.
    [[nodiscard]] const std::shared_ptr<const Sensitivities>& sensitivities() const { return m_sensitivities; }
    void setSensitivities(std::shared_ptr<const Sensitivities> sensitivities);

    /// Cancels all background work and waits: for closing the window.
    void shutDown();

Q_SIGNALS:
    void openingStarted(const std::filesystem::path& path);
    /// The model was opened by open(); modelChanged() came just before.
    void opened(const std::filesystem::path& path);
    void openFailed(const std::filesystem::path& path, const quantlathe::Error& error);
    void openingCancelled();

    void modelChanged();
    /// importance(): errors are measured anew.
    void importanceChanged();
    void importanceFailed(const std::filesystem::path& path, const quantlathe::Error& error);
    /// The choices of these tensors changed (with their effective choice), or how they are encoded.
    void planChanged(const std::vector<std::size_t>& tensors);
    void selectionChanged();
    /// Metadata edits.
    void metadataChanged();
    void keyRequested(const QString& key);
    void weightRequested(std::size_t tensor, std::uint64_t row, std::uint64_t column);
    /// Runtime settings or devices.
    void settingsChanged();
    /// Better error figures for these tensors.
    void errorsChanged(const std::vector<std::size_t>& tensors);
    void measuringChanged(bool isMeasuring);
    void sensitivitiesChanged();

private:
    friend class EditPlanCommand;
    friend class EditMetadataCommand;
    void applyEdits(const MetadataEdits& edits);
    /// @p choices sorted by tensor. Emits planChanged.
    void applyChoices(const std::vector<std::pair<std::size_t, std::optional<Choice>>>& choices, const std::string& preset,
                      const Encoding& encoding);
    void pushEdits(const Plan& wanted, const TensorIndices& tensors, const QString& text);
    void planErrors();
    void favourSelectedErrors();
    [[nodiscard]] ErrorPreviews::Key errorKey(std::size_t index) const { return {index, m_effective[index].type}; }

    std::shared_ptr<const Model> m_model;
    Plan m_plan;
    MetadataEdits m_edits;
    Metadata m_metadata; ///< of m_model, with m_edits
    std::vector<EffectiveChoice> m_effective;
    std::uint64_t m_effectiveBytes = 0;
    std::shared_ptr<const ImportanceMatch> m_importance;
    TensorIndices m_selection;
    std::optional<std::size_t> m_current;
    RuntimeSettings m_runtimeSettings;
    std::vector<Device> m_devices;
    mutable std::shared_ptr<const MemoryModel> m_memoryModel; ///< of m_model; made when first asked
    mutable std::optional<MemoryEstimate> m_estimate;
    std::shared_ptr<const Sensitivities> m_sensitivities;
    ErrorPreviews m_previews;
    LatestJob m_opening;
    LatestJob m_loadingImportance;
    QUndoStack m_undoStack; ///< its commands refer to the document
};

} // namespace quantlathe::ui
