// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/budget/fit_context.h"

#include "core/jobs/export_layout.h"
#include "ui/background.h"
#include "ui/parts/number_text.h"
#include "ui/text.h"

#include <QCoreApplication>
#include <QLocale>

namespace quantlathe::ui {

std::shared_ptr<const MemoryModel> FitInputs::memory() const
{
    const std::lock_guard lock(memoryModels->mutex);
    if (memoryModels->model != model) {
        const auto header = model->format() == ModelFormat::Gguf ? std::nullopt : exportHeaderBytes(model);
        memoryModels->memory = std::make_shared<const MemoryModel>(*model, header);
        memoryModels->model = model;
    }
    return memoryModels->memory;
}

std::shared_ptr<const FitProblem> FitInputs::problem(const DamageWeights& weights, FitMeasure measure) const
{
    FitConstraints own = constraints;
    own.hasImportance = hasImportance;
    return freedElsewhere(FitProblem(model, memory(), *errors, weights, own, plan, measure));
}

FitContext::FitContext(Document& document, QObject* parent)
    : QObject(parent), m_document(document), m_memoryModels(std::make_shared<FitInputs::MemoryModels>())
{
    connect(&document, &Document::modelChanged, this, [this] {
        m_constraints = {};
        m_planBeforeFit.reset();
        Q_EMIT constraintsChanged();
        Q_EMIT planBeforeFitChanged();
    });
    // What was solved with other errors holds no longer.
    connect(&document, &Document::importanceChanged, this, &FitContext::constraintsChanged);
    connect(&document, &Document::sensitivitiesChanged, this, [this] {
        if (m_isUsingSensitivities)
            Q_EMIT constraintsChanged();
    });
}

std::shared_ptr<const Sensitivities> FitContext::sensitivities() const
{
    const auto& sensitivities = m_document.sensitivities();
    const auto& importance = m_document.importance();
    return sensitivities && isOfImportance(*sensitivities, importance ? importance->importance().get() : nullptr) ? sensitivities : nullptr;
}

void FitContext::setUsingSensitivities(bool isUsing)
{
    if (isUsing == m_isUsingSensitivities)
        return;
    m_isUsingSensitivities = isUsing;
    Q_EMIT constraintsChanged();
}

void FitContext::setConstraints(const FitConstraints& constraints)
{
    m_constraints = constraints;
    Q_EMIT constraintsChanged();
}

void FitContext::adopt(const Plan& plan, const QString& text)
{
    m_planBeforeFit = m_document.plan();
    m_document.setPlan(plan, text);
    Q_EMIT planBeforeFitChanged();
}

FitInputs FitContext::inputs() const
{
    const ErrorSurvey* survey = m_document.survey();
    return {m_document.model(), std::make_shared<const ErrorTable>(survey ? survey->table() : ErrorTable()), m_document.plan(),
            m_constraints, m_document.importance() != nullptr, m_isUsingSensitivities ? sensitivities() : nullptr, m_memoryModels};
}

QString damageText(double damage) { return relativeErrorText(relativeRmsOfDamage(damage)); }

QString figuresText(const FitResult& result)
{
    return QCoreApplication::translate("FitContext", "%1 bits per weight, error %2 (%3)")
        .arg(bitsText(result.bitsPerWeight), damageText(result.damage), decibelText(decibelsOfDamage(result.damage)));
}

} // namespace quantlathe::ui
