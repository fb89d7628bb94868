// SPDX-License-Identifier: GPL-3.0-or-later
// Rows x columns of the selected tensor: where its outlier channels are, and where its error is.
#pragma once

#include "ui/background.h"
#include "ui/document.h"
#include "ui/map/channel_plot.h"
#include "ui/parts/recent_results.h"

#include <QTimer>
#include <QWidget>

class QCheckBox;
class QComboBox;
class QStackedWidget;
class QToolButton;

namespace quantlathe::ui {

class HintPage;
class JobStrip;
class TitleLabel;

class ChannelPanel : public QWidget
{
    Q_OBJECT
public:
    explicit ChannelPanel(Document& document, QWidget* parent = nullptr);
    ~ChannelPanel() override;

    [[nodiscard]] ChannelPlot& plot() { return *m_plot; }
    [[nodiscard]] LatestJob& job() { return m_job; }

protected:
    void showEvent(QShowEvent* event) override;

private:
    using Map = std::shared_ptr<const ChannelMap>;
    struct Key
    {
        std::size_t tensor = 0;
        TensorType type{};
        Encoding encoding;
        std::shared_ptr<const ImportanceMatch> importance;
        bool operator==(const Key&) const = default;
    };
    void refreshSoon();
    void refresh();
    void showMap(const Map& map);
    void fillMeasures(bool hasErrors);
    void showHint(const QString& text);

    Document& m_document;
    TitleLabel* m_title;
    QComboBox* m_measure;
    QCheckBox* m_logarithmic;
    QToolButton* m_more;
    QStackedWidget* m_pages;
    HintPage* m_hint;
    ChannelPlot* m_plot;
    JobStrip* m_strip;
    QTimer m_refresh;
    std::optional<Key> m_requested;
    RecentResults<Key, Map> m_known{8};
    LatestJob m_job; ///< last member: destroyed (cancelled, waited for) first
};

} // namespace quantlathe::ui
