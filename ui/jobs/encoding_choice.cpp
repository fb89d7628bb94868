// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/encoding_choice.h"

#include <QComboBox>
#include <QFormLayout>
#include <QLabel>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

/// The item for "each type's own".
constexpr int ownObjective = -1;

template <typename Value> void add(QComboBox& box, const QString& text, Value value)
{
    box.addItem(text, static_cast<int>(value));
}

} // namespace

EncodingChoice::EncodingChoice(const Encoding& encoding, QWidget* parent)
    : QWidget(parent), m_effort(new QComboBox(this)), m_objective(new QComboBox(this)), m_nonFinite(new QComboBox(this)),
      m_explanation(new QLabel(this))
{
    m_effort->setObjectName(u"exportEffort"_s);
    add(*m_effort, tr("Standard"), Effort::Standard);
    add(*m_effort, tr("Best"), Effort::Best);
    m_effort->setCurrentIndex(m_effort->findData(static_cast<int>(encoding.effort)));
    m_objective->setObjectName(u"exportObjective"_s);
    add(*m_objective, tr("Best for each type"), ownObjective);
    add(*m_objective, tr("Large weights count more"), Objective::Magnitude);
    add(*m_objective, tr("All weights count alike"), Objective::SquaredError);
    add(*m_objective, tr("Weights keep their size"), Objective::Unbiased);
    m_objective->setCurrentIndex(
        m_objective->findData(encoding.objective ? static_cast<int>(*encoding.objective) : ownObjective));
    m_nonFinite->setObjectName(u"exportNonFinite"_s);
    add(*m_nonFinite, tr("Stop and say where"), NonFinite::Fail);
    add(*m_nonFinite, tr("Replace and count"), NonFinite::Clamp);
    m_explanation->setObjectName(u"exportEncodingExplanation"_s);
    m_explanation->setTextFormat(Qt::PlainText);
    m_explanation->setWordWrap(true);

    auto* form = new QFormLayout(this);
    form->setContentsMargins(0, 0, 0, 0);
    form->setRowWrapPolicy(QFormLayout::WrapLongRows);
    const auto place = [&](const QString& text, QComboBox* box) {
        form->addRow(text, box);
        connect(box, &QComboBox::currentIndexChanged, this, [this] {
            explain();
            Q_EMIT changed();
        });
    };
    place(tr("Eff&ort:"), m_effort);
    place(tr("Error&s:"), m_objective);
    place(tr("N&aN and infinities:"), m_nonFinite);
    form->addRow(m_explanation);
    explain();
}

Encoding EncodingChoice::encoding() const
{
    Encoding encoding;
    encoding.effort = static_cast<Effort>(m_effort->currentData().toInt());
    if (const int objective = m_objective->currentData().toInt(); objective != ownObjective)
        encoding.objective = static_cast<Objective>(objective);
    return encoding;
}

NonFinite EncodingChoice::nonFinite() const
{
    return static_cast<NonFinite>(m_nonFinite->currentData().toInt());
}

void EncodingChoice::explain()
{
    QStringList sentences;
    const Encoding chosen = encoding();
    sentences << (chosen.effort == Effort::Standard
                      ? tr("Standard is fast and at least as close to the weights as llama.cpp.")
                      : tr("Best searches for about the smallest error that each type can hold; it takes many times as long."));
    if (!chosen.objective)
        sentences << tr("What counts as a small error is what has served each type best.");
    else if (*chosen.objective == Objective::Magnitude)
        sentences << tr("Errors of large weights count more, as in llama.cpp.");
    else if (*chosen.objective == Objective::Unbiased)
        sentences << tr("Errors of two- and three-bit types do not make weights smaller on the whole; their plain error is a little larger.");
    else
        sentences << tr("The plain squared error becomes small; models do not always get better by it.");
    if (nonFinite() == NonFinite::Clamp)
        sentences << tr("NaN becomes 0, an infinity the largest finite value of its row; the result says how many.");
    m_explanation->setText(sentences.join(u' '));
}

} // namespace quantlathe::ui
