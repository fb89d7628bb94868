// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/map/channel_panel.h"

#include "ui/parts/hint_page.h"
#include "ui/parts/job_strip.h"
#include "ui/parts/selection_text.h"
#include "ui/parts/title_label.h"
#include "ui/plots/plot_export.h"
#include "ui/text.h"

#include <QCheckBox>
#include <QComboBox>
#include <QLabel>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;
using Measure = ChannelPlot::Measure;

ChannelPanel::ChannelPanel(Document& document, QWidget* parent)
    : QWidget(parent), m_document(document), m_title(new TitleLabel(this)), m_measure(new QComboBox(this)),
      m_logarithmic(new QCheckBox(tr("&Logarithmic"), this)), m_more(new QToolButton(this)), m_pages(new QStackedWidget(this)),
      m_hint(new HintPage(this)), m_plot(new ChannelPlot(this)), m_strip(new JobStrip(this))
{
    m_title->setObjectName(u"channelTitle"_s);
    m_hint->setObjectName(u"channelHint"_s);
    m_plot->setObjectName(u"channelPlot"_s);
    m_measure->setObjectName(u"channelMeasure"_s);
    m_logarithmic->setObjectName(u"channelLogarithmic"_s);
    m_logarithmic->setToolTip(tr("Differences between small values show beside large ones"));
    auto* label = new QLabel(tr("S&how:"), this);
    label->setBuddy(m_measure);
    m_more->setObjectName(u"channelMenu"_s);
    m_more->setText(tr("&More"));
    m_more->setToolTip(tr("Copy or save the picture"));
    makePlotMenu(*m_more, *m_plot, tr("channels"));
    fillMeasures(false);

    auto* top = new QHBoxLayout;
    top->addWidget(m_title, 1);
    top->addWidget(m_more);
    auto* settings = new QHBoxLayout;
    settings->addWidget(label);
    settings->addWidget(m_measure);
    settings->addWidget(m_logarithmic);
    settings->addStretch(1);
    m_pages->addWidget(m_hint);
    m_pages->addWidget(m_plot);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 4, 6, 2);
    layout->setSpacing(4);
    layout->addLayout(top);
    layout->addLayout(settings);
    layout->addWidget(m_pages, 1);
    layout->addWidget(m_strip);

    m_strip->watch(m_job, tr("Reading all channels"));
    connect(m_strip, &JobStrip::stopped, this, [this] { showHint(tr("Stopped. Select the tensor again to see its channels.")); });
    connect(m_measure, &QComboBox::currentIndexChanged, this,
            [this](int index) { m_plot->setMeasure(static_cast<Measure>(m_measure->itemData(index).toInt())); });
    connect(m_logarithmic, &QCheckBox::toggled, m_plot, &ChannelPlot::setLogarithmic);
    m_refresh.setSingleShot(true);
    m_refresh.setInterval(0);
    connect(&m_refresh, &QTimer::timeout, this, &ChannelPanel::refresh);
    connect(&document, &Document::modelChanged, this, [this] {
        m_job.cancel();
        m_requested.reset();
        m_known.clear();
        refreshSoon();
    });
    connect(&document, &Document::selectionChanged, this, &ChannelPanel::refreshSoon);
    connect(&document, &Document::importanceChanged, this, &ChannelPanel::refreshSoon);
    connect(&document, &Document::planChanged, this, &ChannelPanel::refreshSoon);
    refresh();
}

ChannelPanel::~ChannelPanel() = default;

void ChannelPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    refreshSoon();
}

void ChannelPanel::refreshSoon()
{
    if (isVisible()) {
        m_refresh.start();
        return;
    }
    m_job.cancel();
    m_requested.reset();
}

void ChannelPanel::showHint(const QString& text)
{
    m_hint->setHint(text);
    m_pages->setCurrentWidget(m_hint);
    m_more->setEnabled(false);
}

void ChannelPanel::refresh()
{
    m_title->setTitle(selectionText(m_document));
    const TensorIndices& selection = m_document.selection();
    if (!m_document.hasModel() || selection.size() != 1) {
        m_job.cancel();
        m_requested.reset();
        showHint(!m_document.hasModel() ? tr("Open a model to see the channels of a tensor.")
                                        : tr("Select a single tensor to see its rows and columns."));
        return;
    }
    const std::size_t tensor = selection.front();
    const EffectiveChoice& choice = m_document.effectiveChoice(tensor);
    const Key key{tensor, choice.canWrite ? choice.type : m_document.model()->tensors()[tensor].type(), m_document.plan().encoding, m_document.importance()};
    if (m_requested == key)
        return;
    m_requested = key;
    if (const Map* known = m_known.find(key)) {
        m_job.cancel();
        showMap(*known);
        return;
    }
    showHint(tr("Reading all channels…"));
    m_job.start(
        [model = m_document.model(), key](const RunControl& control) {
            ChannelMapOptions options;
            if (key.type != model->tensors()[key.tensor].type())
                options.type = key.type;
            options.encoding = key.encoding;
            options.importance = importanceOf(key.importance.get(), key.tensor);
            return Map(std::make_shared<ChannelMap>(measureChannels(model->tensors()[key.tensor], options, control)));
        },
        [this, key](const Map& map) {
            m_known.remember(key, map);
            showMap(map);
        },
        [this](const Error& error) { showHint(messageText(error)); });
}

void ChannelPanel::fillMeasures(bool hasErrors)
{
    const int wanted = hasErrors ? 4 : 2;
    if (m_measure->count() == wanted)
        return;
    const int current = m_measure->currentIndex();
    const QSignalBlocker blocker(m_measure);
    m_measure->clear();
    m_measure->addItem(tr("Largest magnitude"), static_cast<int>(Measure::LargestWeight));
    m_measure->addItem(tr("Range"), static_cast<int>(Measure::Range));
    if (hasErrors) {
        m_measure->addItem(tr("Largest error"), static_cast<int>(Measure::LargestError));
        m_measure->addItem(tr("RMS error"), static_cast<int>(Measure::RmsError));
    }
    m_measure->setCurrentIndex(current < 0 || current >= wanted ? 0 : current);
    m_plot->setMeasure(static_cast<Measure>(m_measure->currentData().toInt()));
}

void ChannelPanel::showMap(const Map& map)
{
    fillMeasures(!map->rmsError.empty());
    m_plot->setMap(map, m_document.model()->tensors()[m_requested->tensor].shape());
    m_plot->setAccessibleDescription(tr("%1 rows, %2 columns").arg(map->tensorRows).arg(map->tensorColumns));
    m_pages->setCurrentWidget(m_plot);
    m_more->setEnabled(true);
}

} // namespace quantlathe::ui
