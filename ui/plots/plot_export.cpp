// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/plot_export.h"

#include "ui/plots/plot.h"

#include <QApplication>
#include <QClipboard>
#include <QFileDialog>
#include <QMenu>
#include <QMessageBox>
#include <QSaveFile>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr double imageScale = 2;

QString translated(const char* text) { return QApplication::translate("PlotExport", text); }

void askAndSave(Plot& plot, const QString& fileName)
{
    QString filter;
    QString file = QFileDialog::getSaveFileName(&plot, translated("Save plot"), fileName + u".png"_s,
                                                translated("PNG image (*.png);;PDF document (*.pdf)"), &filter);
    if (file.isEmpty())
        return;
    if (!file.contains(u'.'))
        file += filter.contains(u"pdf"_s) ? u".pdf"_s : u".png"_s;
    const QString problem = savePlot(plot, file);
    if (!problem.isEmpty())
        QMessageBox::warning(&plot, translated("Save plot"), problem);
}

} // namespace

QString savePlot(Plot& plot, const QString& file)
{
    if (file.endsWith(u".pdf"_s, Qt::CaseInsensitive))
        return plot.savePdf(file, plot.width(), plot.height())
            ? QString()
            : translated("The plot could not be written to %1.").arg(file);
    QSaveFile output(file);
    const QPixmap picture = plot.toPixmap(plot.width(), plot.height(), imageScale);
    if (!output.open(QIODevice::WriteOnly) || !picture.save(&output, "PNG") || !output.commit())
        return translated("The plot could not be written to %1: %2.").arg(file, output.errorString());
    return {};
}

void copyPlot(Plot& plot) { QApplication::clipboard()->setPixmap(plot.toPixmap(plot.width(), plot.height(), imageScale)); }

void addPlotActions(QMenu& menu, Plot& plot, const QString& fileName)
{
    QAction* everything = menu.addAction(translated("Show &everything"));
    everything->setObjectName(u"showEverything"_s);
    QObject::connect(everything, &QAction::triggered, &plot, &Plot::showEverything);
    QAction* copy = menu.addAction(translated("&Copy image"));
    copy->setObjectName(u"copyImage"_s);
    QObject::connect(copy, &QAction::triggered, &plot, [&plot] { copyPlot(plot); });
    QAction* save = menu.addAction(translated("&Save image…"));
    save->setObjectName(u"saveImage"_s);
    QObject::connect(save, &QAction::triggered, &plot, [&plot, fileName] { askAndSave(plot, fileName); });
}

} // namespace quantlathe::ui
