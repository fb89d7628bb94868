// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/status_line.h"

#include "ui/document.h"
#include "ui/evaluation/evaluation_text.h"
#include "ui/evaluation/evaluations.h"
#include "ui/jobs/importance_text.h"
#include "ui/parts/title_label.h"
#include "ui/text.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QStringList>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

StatusLine::StatusLine(Document& document, QWidget* parent) : QWidget(parent), m_document(document)
{
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(fontMetrics().averageCharWidth() * 3);
    m_verdict = new TitleLabel(this); // gives way where there is little room
    m_verdict->setObjectName(u"statusVerdict"_s);
    m_verdict->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Preferred);
    m_verdict->setAccessibleDescription(tr("What the plan does to the model's predictions"));
    m_verdict->hide();
    layout->addWidget(m_verdict);
    m_measuring = addField(*layout, u"statusMeasuring"_s, tr("Background work"));
    m_format = addField(*layout, u"statusFormat"_s, tr("File format"));
    m_architecture = addField(*layout, u"statusArchitecture"_s, tr("Architecture"));
    m_weights = addField(*layout, u"statusWeights"_s, tr("Number of weights"));
    m_size = addField(*layout, u"statusSize"_s, tr("Bytes of all tensors, before and after"));
    m_bits = addField(*layout, u"statusBits"_s, tr("Bits per weight after"));
    m_importance = addField(*layout, u"statusImportance"_s, tr("Importance data"));
    connect(&document, &Document::importanceChanged, this, &StatusLine::showImportance);
    connect(&document, &Document::modelChanged, this, &StatusLine::update);
    connect(&document, &Document::planChanged, this, &StatusLine::update);
    connect(&document, &Document::measuringChanged, this, &StatusLine::showMeasuring);
    connect(&document, &Document::errorsChanged, this, &StatusLine::showMeasuring);
    update();
}

QLabel* StatusLine::addField(QHBoxLayout& layout, const QString& objectName, const QString& meaning)
{
    auto* field = new QLabel(this);
    field->setObjectName(objectName);
    field->setToolTip(meaning);
    field->setAccessibleDescription(meaning);
    layout.addWidget(field);
    return field;
}

void StatusLine::update()
{
    setVisible(m_document.hasModel());
    if (!m_document.hasModel())
        return;
    const Model& model = *m_document.model();
    showMeasuring();
    m_format->setText(model.formatVersion() > 0 ? u"%1 %2"_s.arg(toQString(name(model.format()))).arg(model.formatVersion())
                                                : toQString(name(model.format())));
    const std::string& architecture = model.architecture().name;
    m_architecture->setText(architecture.empty() ? tr("Unknown architecture") : toQString(architecture));
    m_weights->setText(tr("%1 weights").arg(countText(model.weightCount())));
    m_size->setText(tr("%1 → %2").arg(bytesText(model.tensorBytes()), bytesText(m_document.effectiveTensorBytes())));
    m_bits->setText(tr("%1 bits/weight").arg(bitsText(m_document.effectiveBitsPerWeight())));
    showImportance();
}

void StatusLine::showMeasuring()
{
    const ErrorSurvey* survey = m_document.survey();
    if (!survey || !m_document.isMeasuring()) {
        m_measuring->clear();
        return;
    }
    const auto progress = survey->progress();
    const auto share = [&progress](std::size_t done) { return progress.total == 0 ? 100 : static_cast<int>(100 * done / progress.total); };
    m_measuring->setText(progress.known < progress.total ? tr("Sampling errors: %1 %").arg(share(progress.known))
                                                         : tr("Measuring errors exactly: %1 %").arg(share(progress.exact)));
}

void StatusLine::showImportance()
{
    const auto& importance = m_document.importance();
    m_importance->setVisible(importance != nullptr);
    if (!importance) {
        m_importance->clear();
        return;
    }
    const ImportanceReport report = importanceReport(*importance, m_document.plan());
    m_importance->setText(tr("Importance: %1").arg(importanceSummary(*importance->importance(), report)));
    m_importance->setToolTip(importanceLines(report).join(u'\n'));
}

void StatusLine::setEvaluations(Evaluations& evaluations)
{
    m_evaluations = &evaluations;
    connect(&evaluations, &Evaluations::judgementChanged, this, &StatusLine::showVerdict);
    showVerdict();
}

void StatusLine::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && m_evaluations)
        showVerdict();
}

void StatusLine::showVerdict()
{
    const auto& judgement = m_evaluations->judgement();
    const bool isShown = judgement && judgement->verdict;
    m_verdict->setVisible(isShown);
    if (!isShown)
        return;
    const QString verdict = shortVerdictText(*judgement->verdict);
    const bool isOld = m_evaluations->isOfEarlierPlan();
    m_verdict->setTitle(isOld ? tr("%1 (of an earlier plan)").arg(verdict) : verdict);
    m_verdict->setToolTip(isOld ? tr("%1 This was an earlier plan: it was edited since.").arg(verdictText(*judgement->verdict)) : verdictText(*judgement->verdict));
    QPalette colours;
    if (!isOld)
        colours.setColor(QPalette::WindowText, damageColour(palette(), judgement->verdict->level));
    m_verdict->setPalette(colours);
}

QString StatusLine::text() const
{
    QStringList texts;
    for (const QLabel* field : {m_format, m_architecture, m_weights, m_size, m_bits, m_importance}) {
        if (!field->text().isEmpty())
            texts << field->text();
    }
    return texts.join(u" | "_s);
}

} // namespace quantlathe::ui
