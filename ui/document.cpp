// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/document.h"

#include "core/calibration/imatrix_file.h"
#include "core/formats/open.h"
#include "ui/metadata_commands.h"
#include "ui/plan_commands.h"
#include "ui/text.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace quantlathe::ui {

Document::Document(QObject* parent) : QObject(parent)
{
    connect(&m_previews, &ErrorPreviews::changed, this, &Document::errorsChanged);
    connect(&m_previews, &ErrorPreviews::busyChanged, this, &Document::measuringChanged);
}

Document::~Document() { shutDown(); }

void Document::shutDown()
{
    m_opening.cancelAndWait();
    m_loadingImportance.cancelAndWait();
    m_previews.stop();
}

void Document::open(const std::filesystem::path& path)
{
    Q_EMIT openingStarted(path);
    m_opening.start([path](const RunControl&) { return openModel(path); },
                    [this, path](std::shared_ptr<const Model> model) {
                        setModel(std::move(model));
                        Q_EMIT opened(path);
                    },
                    [this, path](const Error& error) { Q_EMIT openFailed(path, error); });
}

void Document::cancelOpening()
{
    if (!m_opening.isRunning())
        return;
    m_opening.cancel();
    Q_EMIT openingCancelled();
}

void Document::setModel(std::shared_ptr<const Model> model)
{
    m_undoStack.clear();
    m_model = std::move(model);
    m_plan = {};
    m_edits = {};
    m_metadata = m_model ? m_model->metadata() : Metadata{};
    m_loadingImportance.cancel();
    const bool hadImportance = std::exchange(m_importance, nullptr) != nullptr;
    m_previews.prepare(m_plan.encoding, nullptr);
    m_previews.setModel(m_model);
    m_selection.clear();
    m_current.reset();
    m_memoryModel.reset();
    m_estimate.reset();
    m_sensitivities.reset();
    m_effective.clear();
    m_effectiveBytes = 0;
    if (m_model) {
        const std::size_t count = m_model->tensors().size();
        m_effective.reserve(count);
        for (std::size_t index = 0; index < count; ++index) {
            m_effective.push_back(quantlathe::effectiveChoice(*m_model, index, std::nullopt));
            m_effectiveBytes += m_effective.back().sizeBytes;
        }
    }
    Q_EMIT modelChanged();
    Q_EMIT selectionChanged();
    if (hadImportance)
        Q_EMIT importanceChanged();
}

void Document::loadImportance(const std::filesystem::path& path)
{
    if (!m_model)
        return;
    m_loadingImportance.start(
        [path, model = m_model](const RunControl&) { return std::make_shared<const ImportanceMatch>(readImportance(path), model); },
        [this](std::shared_ptr<const ImportanceMatch> importance) { setImportance(std::move(importance)); },
        [this, path](const Error& error) { Q_EMIT importanceFailed(path, error); });
}

void Document::setImportance(std::shared_ptr<const ImportanceMatch> importance)
{
    m_loadingImportance.cancel();
    if (m_importance == importance)
        return;
    m_importance = std::move(importance);
    m_previews.setImportance(m_importance);
    planErrors();
    favourSelectedErrors();
    Q_EMIT importanceChanged();
    Q_EMIT errorsChanged(allTensors());
}

void Document::replaceModel(std::shared_ptr<const Model> model)
{
    const Plan plan = m_plan;
    const bool wasClean = plan.choices().empty();
    const auto importance = m_importance ? m_importance->importance() : nullptr;
    setModel(std::move(model));
    if (importance) // the same tensors: it fits again
        setImportance(std::make_shared<const ImportanceMatch>(importance, m_model));
    std::vector<std::pair<std::size_t, std::optional<Choice>>> choices;
    for (const std::size_t index : allTensors())
        choices.emplace_back(index, plan.choice(m_model->tensors()[index].name()));
    applyChoices(choices, plan.preset, plan.encoding);
    if (!wasClean)
        m_undoStack.resetClean();
}

QString Document::editMetadata(const std::string& key, std::optional<MetadataValue> value, const QString& text)
{
    if (!m_model)
        return {};
    // A key that was added and is taken away again needs no leave.
    const bool isForgetting = !value && !m_model->metadata().find(key);
    if (const auto problem = isForgetting ? std::nullopt : problemWithEdit(m_metadata, key, value)) {
        return toQString(*problem);
    }
    MetadataEdits wanted = m_edits;
    wanted.put(key, std::move(value));
    wanted = wanted.reduced(m_model->metadata());
    if (!(wanted == m_edits))
        m_undoStack.push(new EditMetadataCommand(*this, m_edits, std::move(wanted), text));
    return {};
}

void Document::applyEdits(const MetadataEdits& edits)
{
    m_edits = edits;
    m_metadata = edits.applied(m_model->metadata());
    Q_EMIT metadataChanged();
}

void Document::setType(const TensorIndices& tensors, std::optional<TensorType> type, const QString& text)
{
    if (!m_model)
        return;
    Plan wanted = m_plan;
    for (const std::size_t index : tensors)
        wanted.setChoice(m_model->tensors()[index].name(), type ? std::optional(Choice{*type}) : std::nullopt);
    pushEdits(wanted, tensors, text);
}

void Document::setPlan(const Plan& plan, const QString& text)
{
    if (m_model)
        pushEdits(plan, allTensors(), text);
}

void Document::setEncoding(const Encoding& encoding, const QString& text)
{
    Plan wanted = m_plan;
    wanted.encoding = encoding;
    if (m_model)
        pushEdits(wanted, {}, text);
}

void Document::pushEdits(const Plan& wanted, const TensorIndices& tensors, const QString& text)
{
    std::vector<EditPlanCommand::Edit> edits;
    for (const std::size_t index : tensors) {
        const std::string& name = m_model->tensors()[index].name();
        std::optional<Choice> before = m_plan.choice(name);
        std::optional<Choice> after = wanted.choice(name);
        if (before != after)
            edits.push_back({index, before, after});
    }
    const auto before = EditPlanCommand::Frame::of(m_plan);
    const auto after = EditPlanCommand::Frame::of(wanted);
    if (!edits.empty() || before != after)
        m_undoStack.push(new EditPlanCommand(*this, std::move(edits), before, after, text));
}

void Document::applyChoices(const std::vector<std::pair<std::size_t, std::optional<Choice>>>& choices,
                            const std::string& preset, const Encoding& encoding)
{
    TensorIndices changed;
    changed.reserve(choices.size());
    for (const auto& [index, choice] : choices) {
        m_plan.setChoice(m_model->tensors()[index].name(), choice);
        EffectiveChoice effective = quantlathe::effectiveChoice(*m_model, index, choice);
        m_effectiveBytes += effective.sizeBytes - m_effective[index].sizeBytes;
        m_effective[index] = std::move(effective);
        changed.push_back(index);
    }
    m_plan.preset = preset;
    if (encoding != m_plan.encoding) { // every figure that was measured is another one now
        m_plan.encoding = encoding;
        m_previews.setEncoding(encoding);
        changed = allTensors();
    }
    m_estimate.reset();
    planErrors();
    favourSelectedErrors();
    Q_EMIT planChanged(changed);
}

void Document::planErrors()
{
    std::vector<TensorType> types;
    types.reserve(m_effective.size());
    for (const EffectiveChoice& choice : m_effective)
        types.push_back(choice.type);
    m_previews.setPlanned(types);
}

void Document::favourSelectedErrors()
{
    std::set<ErrorPreviews::Key> favourites;
    for (const std::size_t index : m_selection)
        favourites.insert(errorKey(index));
    m_previews.setFavourites(std::move(favourites));
}

double Document::effectiveBitsPerWeight() const
{
    const std::uint64_t weights = m_model ? m_model->weightCount() : 0;
    return weights == 0 ? 0 : 8.0 * static_cast<double>(m_effectiveBytes) / static_cast<double>(weights);
}

TensorIndices Document::tensorsOfLayer(std::optional<int> layer) const
{
    TensorIndices found;
    for (std::size_t index = 0; index < tensorCount(); ++index) {
        if (m_model->place(index).layer == layer)
            found.push_back(index);
    }
    return found;
}

TensorIndices Document::tensorsOfRole(TensorRole role) const
{
    TensorIndices found;
    for (std::size_t index = 0; index < tensorCount(); ++index) {
        if (m_model->place(index).role == role)
            found.push_back(index);
    }
    return found;
}

TensorIndices Document::allTensors() const
{
    TensorIndices all(tensorCount());
    std::iota(all.begin(), all.end(), std::size_t{0});
    return all;
}

void Document::setSelection(TensorIndices selection, std::optional<std::size_t> current)
{
    std::sort(selection.begin(), selection.end());
    selection.erase(std::unique(selection.begin(), selection.end()), selection.end());
    if (selection == m_selection && current == m_current)
        return;
    m_selection = std::move(selection);
    m_current = current;
    favourSelectedErrors();
    Q_EMIT selectionChanged();
}

void Document::setRuntimeSettings(const RuntimeSettings& settings)
{
    m_runtimeSettings = settings;
    m_estimate.reset();
    Q_EMIT settingsChanged();
}

void Document::setDevices(std::vector<Device> devices)
{
    m_devices = std::move(devices);
    m_estimate.reset();
    Q_EMIT settingsChanged();
}

void Document::setSensitivities(std::shared_ptr<const Sensitivities> sensitivities)
{
    m_sensitivities = std::move(sensitivities);
    Q_EMIT sensitivitiesChanged();
}

const MemoryEstimate& Document::memoryEstimate() const
{
    if (!m_estimate)
        m_estimate = memoryModel()->estimate(m_plan, m_runtimeSettings, m_devices);
    return *m_estimate;
}

std::shared_ptr<const MemoryModel> Document::memoryModel() const
{
    if (!m_memoryModel)
        m_memoryModel = std::make_shared<const MemoryModel>(*m_model);
    return m_memoryModel;
}

} // namespace quantlathe::ui
