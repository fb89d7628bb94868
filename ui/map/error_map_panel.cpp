// SPDX-License-Identifier: GPL-3.0-or-later
#include "ui/map/error_map_panel.h"

#include "ui/map/error_map_model.h"
#include "ui/map/error_map_view.h"
#include "ui/map/layer_plot.h"
#include "ui/map/scale_legend.h"
#include "ui/parts/hint_page.h"
#include "ui/parts/title_label.h"
#include "ui/parts/table_copy.h"
#include "ui/plots/plot_export.h"
#include "ui/text.h"

#include <QButtonGroup>
#include <QComboBox>
#include <QEvent>
#include <QFileDialog>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QMenu>
#include <QMessageBox>
#include <QSaveFile>
#include <QStackedWidget>
#include <QStandardItemModel>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>

namespace quantlathe::ui {

using namespace Qt::StringLiterals;

namespace {

QToolButton* viewButton(const QString& text, const QString& name, const QString& tip, QWidget* parent)
{
    auto* button = new QToolButton(parent);
    button->setText(text);
    button->setObjectName(name);
    button->setToolTip(tip);
    button->setCheckable(true);
    button->setFocusPolicy(Qt::StrongFocus);
    return button;
}

/// The cells of @p chosen[column][row] in few ranges: each painted cell is looked up in all of them.
QItemSelection rectangles(const QAbstractItemModel& model, const std::vector<std::vector<bool>>& chosen)
{
    QItemSelection selection;
    for (std::size_t column = 0; column < chosen.size();) {
        std::size_t end = column + 1; // columns that are alike become one
        while (end < chosen.size() && chosen[end] == chosen[column])
            ++end;
        const std::vector<bool>& rows = chosen[column];
        for (auto from = std::find(rows.begin(), rows.end(), true); from != rows.end();) {
            const auto to = std::find(from, rows.end(), false);
            selection.select(model.index(static_cast<int>(from - rows.begin()), static_cast<int>(column)),
                             model.index(static_cast<int>(to - rows.begin()) - 1, static_cast<int>(end) - 1));
            from = std::find(to, rows.end(), true);
        }
        column = end;
    }
    return selection;
}

} // namespace

ErrorMapPanel::ErrorMapPanel(Document& document, QWidget* parent)
    : QWidget(parent), m_document(document), m_source(new MapSource(document, this)), m_measure(new QComboBox(this)),
      m_types(new QComboBox(this)), m_asMap(viewButton(tr("&Map"), u"showMap"_s, tr("One field per layer and role"), this)),
      m_asLines(viewButton(tr("&Lines"), u"showLines"_s, tr("One line per role over the layers"), this)), m_more(new QToolButton(this)),
      m_legend(new ScaleLegend(this)), m_state(new TitleLabel(this)),
      m_layersModel(new ErrorMapModel(*m_source, ErrorMapModel::Part::Layers, this)),
      m_outsideModel(new ErrorMapModel(*m_source, ErrorMapModel::Part::Outside, this)), m_outside(new ErrorMapView(this)),
      m_layers(new ErrorMapView(this)), m_plot(new LayerPlot(*m_source, this)), m_hint(new HintPage(this)), m_tables(new QWidget(this)),
      m_pages(new QStackedWidget(this))
{
    m_layers->setObjectName(u"layerMap"_s);
    m_layers->setAccessibleName(tr("Map of the layers: one row per layer, one column per role"));
    m_layers->setModel(m_layersModel);
    m_outside->setObjectName(u"outsideMap"_s);
    m_outside->setAccessibleName(tr("Tensors outside the layers"));
    m_outside->setModel(m_outsideModel);
    m_outside->verticalHeader()->hide();
    m_plot->setObjectName(u"layerPlot"_s);
    m_hint->setObjectName(u"mapHint"_s);
    for (ErrorMapView* view : {m_layers, m_outside})
        addTableActions(*view, tr("map"), ErrorMapModel::SortRole);

    auto* tables = new QVBoxLayout(m_tables);
    tables->setContentsMargins(0, 0, 0, 0);
    tables->setSpacing(4);
    tables->addWidget(m_outside);
    tables->addWidget(m_layers, 1);
    m_pages->addWidget(m_hint);
    m_pages->addWidget(m_tables);
    m_pages->addWidget(m_plot);

    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(6, 6, 6, 4);
    layout->setSpacing(4);
    layout->addWidget(makeSettings());
    layout->addWidget(m_pages, 1);

    connect(m_source, &MapSource::gridChanged, this, &ErrorMapPanel::showGrid);
    connect(m_source, &MapSource::valuesChanged, this, &ErrorMapPanel::showLegend);
    connect(m_source, &MapSource::settingsChanged, this, &ErrorMapPanel::showLegend);
    for (ErrorMapView* view : {m_layers, m_outside})
        connect(view->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this, view] {
            if (m_isSelecting)
                return;
            // A selection lies in one of the two tables, unless Ctrl is held.
            ErrorMapView* other = view == m_layers ? m_outside : m_layers;
            if (!(QGuiApplication::keyboardModifiers() & Qt::ControlModifier)) {
                m_isSelecting = true;
                other->clearSelection();
                m_isSelecting = false;
            }
            selectInDocument();
        });
    connect(m_plot, &LayerPlot::fieldClicked, this, [this](MapSource::Field field) {
        const auto& tensors = m_source->tensors(field);
        m_document.setSelection(tensors, tensors.size() == 1 ? std::optional(tensors.front()) : std::nullopt);
    });
    connect(&document, &Document::selectionChanged, this, &ErrorMapPanel::selectFromDocument);
    connect(&document, &Document::modelChanged, this, &ErrorMapPanel::fillTypes);
    connect(&document, &Document::measuringChanged, this, &ErrorMapPanel::showLegend);
    connect(&document, &Document::importanceChanged, this, &ErrorMapPanel::offerWeighted);
    offerWeighted();
    fillTypes();
    showGrid();
    showLegend();
}

QWidget* ErrorMapPanel::makeSettings()
{
    auto* settings = new QWidget(this);
    m_measure->setObjectName(u"mapMeasure"_s);
    for (const MapMeasure measure : allMapMeasures())
        m_measure->addItem(MapSource::measureText(measure), static_cast<int>(measure));
    auto* measureLabel = new QLabel(tr("&Show:"), settings);
    measureLabel->setBuddy(m_measure);
    connect(m_measure, &QComboBox::activated, this,
            [this](int index) { m_source->setMeasure(static_cast<MapMeasure>(m_measure->itemData(index).toInt())); });
    m_types->setObjectName(u"mapTypes"_s);
    m_types->setMaxVisibleItems(20);
    auto* typesLabel = new QLabel(tr("&of:"), settings);
    typesLabel->setBuddy(m_types);
    connect(m_types, &QComboBox::activated, this, [this](int index) {
        const int type = m_types->itemData(index).toInt();
        using Kind = MapSource::Types::Kind;
        m_source->setTypes(type == -1 ? MapSource::Types{Kind::Chosen, {}}
                               : type == -2 ? MapSource::Types{Kind::Stored, {}}
                                            : MapSource::Types{Kind::One, static_cast<TensorType>(type)});
    });
    auto* views = new QButtonGroup(this);
    views->addButton(m_asMap);
    views->addButton(m_asLines);
    m_asMap->setChecked(true);
    connect(views, &QButtonGroup::buttonToggled, this, &ErrorMapPanel::showGrid);

    m_more->setObjectName(u"mapMenu"_s);
    m_more->setText(tr("Mo&re"));
    m_more->setToolTip(tr("Copy or save the map"));
    QMenu* menu = makePlotMenu(*m_more, *m_plot, tr("layers"));
    menu->addSeparator();
    QAction* save = menu->addAction(tr("Save &table as CSV…"));
    save->setObjectName(u"saveMapTable"_s);
    connect(save, &QAction::triggered, this, &ErrorMapPanel::saveTable);

    m_state->setObjectName(u"mapState"_s);
    auto* layout = new QHBoxLayout(settings);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(measureLabel);
    layout->addWidget(m_measure);
    layout->addWidget(typesLabel);
    layout->addWidget(m_types);
    layout->addWidget(m_legend);
    layout->addWidget(m_state, 1);
    layout->addWidget(m_asMap);
    layout->addWidget(m_asLines);
    layout->addWidget(m_more);
    return settings;
}

/// Without importance data there is no weighted error to show.
void ErrorMapPanel::offerWeighted()
{
    const int row = m_measure->findData(static_cast<int>(MapMeasure::WeightedRms));
    const bool hasImportance = m_document.importance() != nullptr;
    auto* item = static_cast<QStandardItemModel*>(m_measure->model())->item(row); // what combo boxes start with
    item->setEnabled(hasImportance);
    item->setToolTip(hasImportance ? QString() : tr("Needs importance data: File, Load importance data"));
    if (!hasImportance && m_source->measure() == MapMeasure::WeightedRms) {
        m_measure->setCurrentIndex(m_measure->findData(static_cast<int>(MapMeasure::RelativeRms)));
        m_source->setMeasure(MapMeasure::RelativeRms);
    }
}

void ErrorMapPanel::fillTypes()
{
    if (m_types->count() == 0) {
        m_types->addItem(tr("the chosen types"), -1);
        m_types->addItem(tr("the stored types"), -2);
        m_types->insertSeparator(2);
        for (const TensorTypeInfo& type : allTensorTypes()) {
            if (isTargetType(type.type))
                m_types->addItem(tr("all as %1").arg(toQString(type.name)), static_cast<int>(type.type));
        }
    }
}

void ErrorMapPanel::showEvent(QShowEvent* event)
{
    QWidget::showEvent(event);
    selectFromDocument();
}

void ErrorMapPanel::changeEvent(QEvent* event)
{
    QWidget::changeEvent(event);
    // The views have the new font only after this event.
    if (event->type() == QEvent::FontChange || event->type() == QEvent::StyleChange)
        QMetaObject::invokeMethod(this, &ErrorMapPanel::showGrid, Qt::QueuedConnection);
}

void ErrorMapPanel::showGrid()
{
    const LayerGrid& grid = m_source->grid();
    const bool isEmpty = grid.roles.empty() && grid.outsideRoles.empty();
    m_hint->setHint(m_document.hasModel() ? tr("No tensor of this model belongs to a layer: there is nothing to draw a map of.")
                                          : tr("Open a model to see a map of its layers."));
    m_outside->setVisible(!grid.outsideRoles.empty());
    m_outside->setFixedHeight(m_outside->oneRowHeight());
    m_layers->setVisible(!grid.roles.empty());
    m_pages->setCurrentWidget(isEmpty ? static_cast<QWidget*>(m_hint) : m_asLines->isChecked() ? static_cast<QWidget*>(m_plot) : m_tables);
}

void ErrorMapPanel::showLegend()
{
    const auto [low, high] = m_source->limits();
    const bool hasScale = high > low;
    m_legend->setEnds(hasScale ? m_source->valueText(low) : QString(), hasScale ? m_source->valueText(high) : QString());
    m_legend->setVisible(hasScale);
    m_types->setEnabled(m_source->measure() != MapMeasure::Sensitivity); // of the types that were tried
    const ErrorSurvey* survey = m_document.survey();
    if (!survey) {
        m_state->setTitle({});
        return;
    }
    if (m_source->measure() == MapMeasure::Sensitivity) {
        showSensitivityState();
        return;
    }
    const auto progress = survey->progress();
    const auto share = [&](std::size_t done) { return progress.total == 0 ? 100 : static_cast<int>(100 * done / progress.total); };
    if (progress.known < progress.total)
        m_state->setTitle(tr("Sampling: %1 %").arg(share(progress.known)));
    else if (progress.exact < progress.total)
        m_state->setTitle(tr("Sampled; exact: %1 %").arg(share(progress.exact)));
    else
        m_state->setTitle(tr("All exact"));
    m_state->setToolTip(tr("%1 of %2 pairs of tensor and type are measured by sample, %3 from all weights. A hollow corner and ≈ mark what "
                           "is sampled.")
                            .arg(progress.known)
                            .arg(progress.total)
                            .arg(progress.exact));
}

void ErrorMapPanel::showSensitivityState()
{
    const auto& sensitivities = m_document.sensitivities();
    using State = TensorSensitivity::State;
    if (!sensitivities) {
        m_state->setTitle(tr("Not measured yet: see the page Evaluation"));
    } else if (sensitivities->isComplete()) {
        m_state->setTitle(tr("Measured on %1").arg(toQString(sensitivities->text)));
    } else {
        m_state->setTitle(tr("Measured on %1: %2, estimated: %3")
                              .arg(toQString(sensitivities->text))
                              .arg(sensitivities->count(State::Measured))
                              .arg(sensitivities->count(State::Estimated)));
    }
}

void ErrorMapPanel::selectInDocument()
{
    TensorIndices tensors;
    for (const auto& [view, model] : {std::pair{m_layers, m_layersModel}, std::pair{m_outside, m_outsideModel}}) {
        for (const QModelIndex& index : view->selectionModel()->selectedIndexes()) {
            const auto& members = m_source->tensors(model->field(index));
            tensors.insert(tensors.end(), members.begin(), members.end());
        }
    }
    m_isSelecting = true;
    m_document.setSelection(tensors, tensors.size() == 1 ? std::optional(tensors.front()) : std::nullopt);
    m_isSelecting = false;
}

void ErrorMapPanel::selectFromDocument()
{
    if (m_isSelecting || !isVisible())
        return;
    m_isSelecting = true;
    for (const auto& [view, model] : {std::pair{m_layers, m_layersModel}, std::pair{m_outside, m_outsideModel}}) {
        QModelIndex first;
        std::vector<std::vector<bool>> chosen(static_cast<std::size_t>(model->columnCount()),
                                              std::vector<bool>(static_cast<std::size_t>(model->rowCount())));
        for (const std::size_t tensor : m_document.selection()) {
            const QModelIndex index = model->indexOf(tensor);
            if (!index.isValid())
                continue;
            if (!first.isValid())
                first = index;
            chosen[static_cast<std::size_t>(index.column())][static_cast<std::size_t>(index.row())] = true;
        }
        view->selectionModel()->select(rectangles(*model, chosen), QItemSelectionModel::ClearAndSelect);
        if (first.isValid()) {
            view->selectionModel()->setCurrentIndex(first, QItemSelectionModel::NoUpdate);
            view->scrollTo(first);
        }
    }
    m_isSelecting = false;
}

QString ErrorMapPanel::csv() const
{
    QString text = u"layer,role,measure,value,low,high,quality\n"_s;
    const LayerGrid& grid = m_source->grid();
    const auto add = [&](MapSource::Field field, const QString& layer, TensorRole role) {
        const MapValue& value = m_source->value(field);
        if (m_source->tensors(field).empty() || !value.isKnown())
            return;
        text += u"%1,%2,%3,%4,%5,%6,%7\n"_s.arg(layer, toQString(name(role)), toQString(name(m_source->measure())))
                    .arg(value.value, 0, 'g', 9)
                    .arg(value.low, 0, 'g', 9)
                    .arg(value.high, 0, 'g', 9)
                    .arg(value.quality == PairError::Quality::Exact ? u"exact"_s : u"sampled"_s);
    };
    for (std::size_t column = 0; column < grid.outsideRoles.size(); ++column)
        add({-1, static_cast<int>(column)}, {}, grid.outsideRoles[column]);
    for (std::size_t row = 0; row < grid.layers.size(); ++row) {
        for (std::size_t column = 0; column < grid.roles.size(); ++column)
            add({static_cast<int>(row), static_cast<int>(column)}, QString::number(grid.layers[row]), grid.roles[column]);
    }
    return text;
}

void ErrorMapPanel::saveTable()
{
    const QString path = QFileDialog::getSaveFileName(this, tr("Save table"), tr("map") + u".csv"_s, tr("Comma-separated values (*.csv)"));
    if (path.isEmpty())
        return;
    QSaveFile file(path);
    const QByteArray bytes = csv().toUtf8();
    if (!file.open(QIODevice::WriteOnly) || file.write(bytes) != bytes.size() || !file.commit())
        QMessageBox::warning(this, tr("Save table"), tr("The table could not be written to %1: %2.").arg(path, file.errorString()));
}

} // namespace quantlathe::ui
