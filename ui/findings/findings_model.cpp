// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/findings/findings_model.h"

#include "ui/look/theme.h"
#include "ui/text.h"

#include <QGuiApplication>
#include <QIcon>
#include <QPalette>

#include "ui/look/icons.h"

#include <algorithm>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

QIcon iconOf(Severity severity)
{
    switch (severity) {
    case Severity::Problem: return themedIcon(u"error"_s);
    case Severity::Warning: return themedIcon(u"warning"_s);
    case Severity::Hint: break;
    }
    return themedIcon(u"info"_s);
}

} // namespace

void FindingsModel::setFindings(std::shared_ptr<const Model> model, std::vector<Finding> findings)
{
    if (model == m_model && findings == m_findings)
        return;
    beginResetModel();
    m_model = std::move(model);
    m_findings = std::move(findings);
    endResetModel();
}

int FindingsModel::count(Severity severity) const
{
    return static_cast<int>(std::count_if(m_findings.begin(), m_findings.end(),
                                          [severity](const Finding& finding) { return finding.severity == severity; }));
}

int FindingsModel::rowCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : static_cast<int>(m_findings.size()); }

int FindingsModel::columnCount(const QModelIndex& parent) const { return parent.isValid() ? 0 : ColumnCount; }

QVariant FindingsModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid | CheckIndexOption::ParentIsInvalid))
        return {};
    const Finding& found = finding(index.row());
    if (role == SortRole && index.column() == SeverityColumn)
        return static_cast<int>(found.severity);
    if (index.column() == SeverityColumn && role == Qt::DecorationRole)
        return iconOf(found.severity);
    if (index.column() == SeverityColumn && role == Qt::ForegroundRole && found.severity != Severity::Hint) {
        const QPalette palette = QGuiApplication::palette();
        return found.severity == Severity::Problem ? errorColour(palette) : warningColour(palette);
    }
    if (role == Qt::ToolTipRole) // whole, where a cell has no room
        return tr("%1.\n%2.\n%3").arg(toQString(found.what), toQString(found.advice), toQString(placeText(found, *m_model)));
    if (role != Qt::DisplayRole && role != SortRole)
        return {};
    switch (index.column()) {
    case SeverityColumn:
        switch (found.severity) {
        case Severity::Problem: return tr("Problem");
        case Severity::Warning: return tr("Warning");
        case Severity::Hint: return tr("Hint");
        }
        return {};
    case What:
        return toQString(found.what);
    case Place:
        return toQString(placeText(found, *m_model));
    default:
        return toQString(found.advice);
    }
}

QVariant FindingsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    switch (section) {
    case SeverityColumn: return tr("Severity");
    case What: return tr("What");
    case Place: return tr("Where");
    default: return tr("What to do");
    }
}

FindingsFilter::FindingsFilter(QObject* parent) : QSortFilterProxyModel(parent)
{
    setSortRole(FindingsModel::SortRole);
    setSortCaseSensitivity(Qt::CaseInsensitive);
}

void FindingsFilter::setShown(Severity severity, bool isShown)
{
    if (isShown)
        m_hidden.erase(severity);
    else
        m_hidden.insert(severity);
    invalidateFilter();
}

bool FindingsFilter::filterAcceptsRow(int row, const QModelIndex&) const
{
    const auto* model = qobject_cast<const FindingsModel*>(sourceModel());
    return model && !m_hidden.contains(model->finding(row).severity);
}

} // namespace quantlathe::ui
