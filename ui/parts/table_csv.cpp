// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/parts/table_csv.h"

#include <QAbstractItemModel>
#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QMessageBox>
#include <QSaveFile>
#include <QTableView>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

QString translated(const char* text) { return QCoreApplication::translate("TableCsv", text); }

QString field(QString text)
{
    const bool needsQuotes = text.contains(u',') || text.contains(u'"') || text.contains(u'\n') || text.contains(u'\r');
    if (needsQuotes)
        text = u'"' + text.replace(u'"', u"\"\""_s) + u'"';
    return text;
}

QString cellText(const QModelIndex& cell, int exactRole)
{
    const QVariant exact = exactRole >= 0 ? cell.data(exactRole) : QVariant();
    switch (exact.typeId()) {
    case QMetaType::Double:
        return QString::number(exact.toDouble(), 'g', 9); // a point whatever the language: tables are read by programs
    case QMetaType::Int:
    case QMetaType::LongLong:
    case QMetaType::UInt:
    case QMetaType::ULongLong:
        return exact.toString();
    default:
        return cell.data().toString();
    }
}

} // namespace

QString csvText(const QAbstractItemModel& model, int exactRole)
{
    QString text;
    const auto line = [&text](const QStringList& fields) { text += fields.join(u',') + u"\r\n"_s; };
    QStringList fields;
    for (int column = 0; column < model.columnCount(); ++column)
        fields << field(model.headerData(column, Qt::Horizontal).toString());
    line(fields);
    for (int row = 0; row < model.rowCount(); ++row) {
        fields.clear();
        for (int column = 0; column < model.columnCount(); ++column)
            fields << field(cellText(model.index(row, column), exactRole));
        line(fields);
    }
    return text;
}

QString saveCsv(const QString& file, const QString& text)
{
    QSaveFile output(file);
    if (!output.open(QIODevice::WriteOnly) || output.write(text.toUtf8()) < 0 || !output.commit())
        return output.errorString();
    return {};
}

void addCsvActions(QTableView& view, const QString& fileName, int exactRole)
{
    auto* copy = new QAction(translated("Copy all as CS&V"), &view);
    QObject::connect(copy, &QAction::triggered, &view, [&view, exactRole] { QApplication::clipboard()->setText(csvText(*view.model(), exactRole)); });
    auto* save = new QAction(translated("&Save as CSV…"), &view);
    save->setObjectName(u"saveCsv"_s);
    QObject::connect(save, &QAction::triggered, &view, [&view, fileName, exactRole] {
        const QString file = QFileDialog::getSaveFileName(view.window(), translated("Save the table"), fileName + u".csv"_s, translated("CSV tables (*.csv)"));
        if (file.isEmpty())
            return;
        const QString problem = saveCsv(file, csvText(*view.model(), exactRole));
        if (!problem.isEmpty())
            QMessageBox::warning(view.window(), translated("Save the table"), problem);
    });
    view.addAction(copy);
    view.addAction(save);
    view.setContextMenuPolicy(Qt::ActionsContextMenu);
}

} // namespace quantlathe::ui
