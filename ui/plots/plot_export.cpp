// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/plots/plot_export.h"

#include "ui/plots/plot.h"

#include <QCoreApplication>
#include <QApplication>
#include <QBuffer>
#include <QClipboard>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QMessageBox>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <QToolButton>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

constexpr double imageScale = 2;

struct PlotExport
{
    Q_DECLARE_TR_FUNCTIONS(PlotExport)
};

void askAndSave(Plot& plot, const QString& fileName)
{
    QString filter;
    QString file = QFileDialog::getSaveFileName(&plot, PlotExport::tr("Save plot"), fileName + u".png"_s,
                                                PlotExport::tr("PNG image (*.png);;SVG drawing (*.svg);;PDF document (*.pdf)"), &filter);
    if (file.isEmpty())
        return;
    if (QFileInfo(file).suffix().isEmpty())
        file += filter.contains(u"pdf"_s) ? u".pdf"_s : filter.contains(u"svg"_s) ? u".svg"_s : u".png"_s;
    const QString problem = savePlot(plot, file);
    if (!problem.isEmpty())
        QMessageBox::warning(&plot, PlotExport::tr("Save plot"), problem);
}

bool drawVectors(QCPPainter& painter, Plot& plot)
{
    if (!painter.isActive())
        return false;
    painter.setMode(QCPPainter::pmVectorized);
    painter.setMode(QCPPainter::pmNoCaching);
    plot.toPainter(&painter, plot.width(), plot.height());
    return painter.end();
}

} // namespace

QString savePlot(Plot& plot, const QString& file)
{
    QBuffer picture;
    picture.open(QIODevice::WriteOnly);
    bool isDrawn = true;
    if (file.endsWith(u".pdf"_s, Qt::CaseInsensitive)) {
        QPdfWriter writer(&picture);
        writer.setTitle(plot.accessibleName());
        writer.setPageSize(QPageSize(QSizeF(plot.size()), QPageSize::Point, QString(), QPageSize::ExactMatch));
        writer.setPageMargins({});
        QCPPainter painter(&writer);
        painter.setWindow(0, 0, plot.width(), plot.height());
        isDrawn = drawVectors(painter, plot);
    } else if (file.endsWith(u".svg"_s, Qt::CaseInsensitive)) {
        QSvgGenerator writer;
        writer.setOutputDevice(&picture);
        writer.setTitle(plot.accessibleName());
        writer.setSize(plot.size());
        writer.setViewBox(QRect(QPoint(), plot.size()));
        QCPPainter painter(&writer);
        isDrawn = drawVectors(painter, plot);
    } else {
        isDrawn = plot.toPixmap(plot.width(), plot.height(), imageScale).save(&picture, "PNG");
    }
    QSaveFile output(file);
    if (!isDrawn || !output.open(QIODevice::WriteOnly) || output.write(picture.data()) != picture.size() || !output.commit())
        return PlotExport::tr("The plot could not be written to %1: %2.").arg(file, output.errorString());
    return {};
}

void copyPlot(Plot& plot) { QApplication::clipboard()->setPixmap(plot.toPixmap(plot.width(), plot.height(), imageScale)); }

void addPlotActions(QMenu& menu, Plot& plot, const QString& fileName)
{
    QAction* everything = menu.addAction(PlotExport::tr("Show &everything"));
    everything->setObjectName(u"showEverything"_s);
    QObject::connect(everything, &QAction::triggered, &plot, &Plot::showEverything);
    QAction* copy = menu.addAction(PlotExport::tr("&Copy image"));
    copy->setObjectName(u"copyImage"_s);
    QObject::connect(copy, &QAction::triggered, &plot, [&plot] { copyPlot(plot); });
    QAction* save = menu.addAction(PlotExport::tr("&Save as PNG, SVG or PDF…"));
    save->setObjectName(u"saveImage"_s);
    QObject::connect(save, &QAction::triggered, &plot, [&plot, fileName] { askAndSave(plot, fileName); });
}

QMenu* makePlotMenu(QToolButton& button, Plot& plot, const QString& fileName)
{
    button.setPopupMode(QToolButton::InstantPopup);
    button.setFocusPolicy(Qt::StrongFocus);
    auto* menu = new QMenu(&button);
    addPlotActions(*menu, plot, fileName);
    button.setMenu(menu);
    plot.setContextMenuPolicy(Qt::CustomContextMenu);
    QObject::connect(&plot, &QWidget::customContextMenuRequested, menu,
                     [&plot, menu](const QPoint& position) { menu->popup(plot.mapToGlobal(position)); });
    return menu;
}

} // namespace quantlathe::ui
