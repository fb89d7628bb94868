// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/recipe_report.h"

#include "ui/parts/table_copy.h"

#include <QDialogButtonBox>
#include <QHeaderView>
#include <QLabel>
#include <QStandardItemModel>
#include <QTableView>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

RecipeReportDialog::RecipeReportDialog(const RecipeReport& report, QWidget* parent) : QDialog(parent), m_view(new QTableView(this))
{
    setObjectName(u"recipeReport"_s);
    setWindowTitle(report.title);
    setAttribute(Qt::WA_DeleteOnClose);
    auto* summary = new QLabel(report.summary, this);
    summary->setObjectName(u"recipeSummary"_s);
    summary->setTextFormat(Qt::PlainText);
    summary->setWordWrap(true);
    auto* model = new QStandardItemModel(static_cast<int>(report.lines.size()), 2, this);
    model->setHorizontalHeaderLabels({tr("Name"), tr("What became of it")});
    for (std::size_t row = 0; row < report.lines.size(); ++row) {
        model->setItem(static_cast<int>(row), 0, new QStandardItem(report.lines[row].name));
        model->setItem(static_cast<int>(row), 1, new QStandardItem(report.lines[row].what));
    }
    m_view->setObjectName(u"recipeTable"_s);
    m_view->setAccessibleName(tr("What did not match"));
    m_view->setModel(model);
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_view->setAlternatingRowColors(true);
    m_view->setShowGrid(false);
    m_view->setWordWrap(false);
    m_view->setTabKeyNavigation(false);
    m_view->verticalHeader()->hide();
    m_view->horizontalHeader()->setStretchLastSection(true);
    m_view->setColumnWidth(0, fontMetrics().averageCharWidth() * 42);
    addTableActions(*m_view, tr("recipe-report"));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(summary);
    layout->addWidget(m_view, 1);
    layout->addWidget(buttons);
    resize(fontMetrics().averageCharWidth() * 100, fontMetrics().height() * 24);
}

} // namespace quantlathe::ui
