// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/jobs/load_findings_model.h"

#include "core/base/text.h"
#include "ui/look/theme.h"
#include "ui/text.h"

#include <QApplication>
#include <QBrush>
#include <QStringList>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

QString sentenceOf(const LoadFinding& finding, Engine engine)
{
    const QString message = toQString(finding.message);
    const QString who = toQString(label(engine));
    QString text;
    switch (finding.verdict) {
    case LoadVerdict::Impossible:
        text = LoadFindingsModel::tr("Cannot be written: %1").arg(message);
        break;
    case LoadVerdict::Refused:
        text = LoadFindingsModel::tr("%1 does not load it: %2").arg(who, message);
        break;
    case LoadVerdict::Misread:
        text = LoadFindingsModel::tr("%1 reads it wrongly: %2").arg(who, message);
        break;
    case LoadVerdict::Advice:
        text = LoadFindingsModel::tr("Good to know: %1").arg(message);
        break;
    }
    if (finding.tensors.size() == 1)
        text += u" (%1)"_s.arg(toQString(printable(finding.tensors.front())));
    else if (!finding.tensors.empty())
        text += u" (%1)"_s.arg(LoadFindingsModel::tr("%n tensors, the first is %1", nullptr, static_cast<int>(finding.tensors.size()))
                                   .arg(toQString(printable(finding.tensors.front()))));
    return finding.advice.empty() ? text + u'.' : u"%1. %2."_s.arg(text, toQString(finding.advice));
}

} // namespace

void LoadFindingsModel::setFindings(std::vector<LoadFinding> findings, Engine engine)
{
    beginResetModel();
    m_findings = std::move(findings);
    m_engine = engine;
    endResetModel();
}

int LoadFindingsModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_findings.size()); }

QVariant LoadFindingsModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const LoadFinding& finding = m_findings[static_cast<std::size_t>(index.row())];
    if (role == Qt::DisplayRole)
        return sentenceOf(finding, m_engine);
    if (role == Qt::ForegroundRole && standsInTheWay(finding, m_engine))
        return QBrush(errorColour(QApplication::palette()));
    if (role == Qt::ToolTipRole && finding.tensors.size() > 1) {
        constexpr std::size_t most = 20;
        QStringList names;
        for (std::size_t at = 0; at < std::min(most, finding.tensors.size()); ++at)
            names << toQString(printable(finding.tensors[at]));
        if (finding.tensors.size() > most)
            names << u"…"_s;
        return names.join(u'\n');
    }
    return {};
}

} // namespace quantlathe::ui
