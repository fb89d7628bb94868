// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/window/panels.h"

#include "ui/budget/plan_changes_panel.h"
#include "ui/budget/trade_off_panel.h"
#include "ui/findings/findings_panel.h"
#include "ui/jobs/jobs_panel.h"
#include "ui/map/channel_panel.h"
#include "ui/map/what_if_panel.h"
#include "ui/memory/memory_panel.h"
#include "ui/metadata/metadata_panel.h"
#include "ui/plots/distribution_panel.h"
#include "ui/plots/error_panel.h"
#include "ui/values/values_panel.h"

#include <QCoreApplication>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

struct Panels
{
    Q_DECLARE_TR_FUNCTIONS(Panels)
};

} // namespace

std::vector<PanelDescription> allPanels()
{
    return {
        {u"memory"_s, Panels::tr("Memory"), Qt::RightDockWidgetArea, {}, true,
         [](const Workspace& workspace, QWidget* parent) { return new MemoryPanel(*workspace.document, parent); }},
        {u"distribution"_s, Panels::tr("Distribution"), Qt::RightDockWidgetArea, {}, true,
         [](const Workspace& workspace, QWidget* parent) { return new DistributionPanel(*workspace.document, parent); }},
        {u"error"_s, Panels::tr("Error"), Qt::RightDockWidgetArea, u"distribution"_s, true,
         [](const Workspace& workspace, QWidget* parent) { return new ErrorPanel(*workspace.document, parent); }},
        {u"what-if"_s, Panels::tr("What if"), Qt::RightDockWidgetArea, u"memory"_s, true,
         [](const Workspace& workspace, QWidget* parent) { return new WhatIfPanel(*workspace.document, parent); }},
        {u"channels"_s, Panels::tr("Channels"), Qt::RightDockWidgetArea, u"distribution"_s, true,
         [](const Workspace& workspace, QWidget* parent) { return new ChannelPanel(*workspace.document, parent); }},
        {u"metadata"_s, Panels::tr("Metadata"), Qt::BottomDockWidgetArea, {}, true,
         [](const Workspace& workspace, QWidget* parent) { return new MetadataPanel(*workspace.document, parent); }},
        {u"values"_s, Panels::tr("Values"), Qt::BottomDockWidgetArea, u"metadata"_s, true,
         [](const Workspace& workspace, QWidget* parent) { return new ValuesPanel(*workspace.document, parent); }},
        {u"findings"_s, Panels::tr("Findings"), Qt::BottomDockWidgetArea, u"metadata"_s, true,
         [](const Workspace& workspace, QWidget* parent) {
             auto* panel = new FindingsPanel(*workspace.document, parent);
             QObject::connect(panel, &FindingsPanel::titleChanged, parent, &QWidget::setWindowTitle); // the dock's
             return panel;
         }},
        {u"trade-off"_s, Panels::tr("Trade-off"), Qt::BottomDockWidgetArea, u"metadata"_s, true,
         [](const Workspace& workspace, QWidget* parent) { return new TradeOffPanel(*workspace.fit, parent); }},
        {u"plan-changes"_s, Panels::tr("Plan changes"), Qt::BottomDockWidgetArea, u"metadata"_s, true,
         [](const Workspace& workspace, QWidget* parent) { return new PlanChangesPanel(*workspace.fit, parent); }},
        {u"jobs"_s, Panels::tr("Jobs"), Qt::BottomDockWidgetArea, u"metadata"_s, true,
         [](const Workspace& workspace, QWidget* parent) {
             auto* panel = new JobsPanel(*workspace.jobs, parent);
            panel->setTasks(*workspace.tasks);
             QObject::connect(panel, &JobsPanel::openRequested, panel, workspace.open);
             return panel;
         }},
    };
}

} // namespace quantlathe::ui
