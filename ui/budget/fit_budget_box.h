// SPDX-License-Identifier: GPL-3.0-or-later
// What a plan shall be fitted to: a file size, bits per weight, a device, an error limit or the size of a preset.
#pragma once

#include "core/budget/fit.h"
#include "core/plan/presets.h"
#include "ui/document.h"

#include <QWidget>

#include <optional>

class QComboBox;
class QDoubleSpinBox;
class QLabel;
class QLineEdit;
class QSlider;
class QSpinBox;
class QStackedWidget;

namespace quantlathe::ui {

struct FitRequest
{
    enum Kind { FileSize, Bits, DeviceMemory, ErrorLimit, LikePreset };
    Kind kind = FileSize;
    std::uint64_t bytes = 0;     ///< FileSize
    double bits = 0;             ///< Bits
    double damage = 0;           ///< ErrorLimit
    std::vector<Device> devices; ///< DeviceMemory
    RuntimeSettings settings;
    const Preset* preset = nullptr; ///< LikePreset

    [[nodiscard]] FitMeasure measure() const { return kind == DeviceMemory ? FitMeasure::DeviceBytes : FitMeasure::FileBytes; }
};

/// Reads its first values from the document and the settings of the last time.
class FitBudgetBox : public QWidget
{
    Q_OBJECT
public:
    explicit FitBudgetBox(const Document& document, QWidget* parent = nullptr);

    [[nodiscard]] FitRequest::Kind kind() const;
    void setKind(FitRequest::Kind kind);
    /// Nothing while something typed makes no sense; problem() says what.
    [[nodiscard]] std::optional<FitRequest> request() const;
    [[nodiscard]] QString problem() const { return m_problem; }
    /// Ends of the slider, once they are known; file bytes.
    void setRange(const FitProblem& problem);
    /// Keeps the values for the next time.
    void remember() const;

Q_SIGNALS:
    void changed();

private:
    QWidget* makeSizePage();
    QWidget* makeBitsPage();
    QWidget* makeDevicePage();
    QWidget* makeErrorPage();
    QWidget* makePresetPage();
    void kindChosen();
    void sliderMoved(int position);
    void read();
    void readDevices();
    void placeSlider();

    const Document& m_document;
    QComboBox* m_kind;
    QStackedWidget* m_pages;
    QLineEdit* m_size;
    QDoubleSpinBox* m_bits;
    QComboBox* m_device; ///< a preset, or an amount of memory typed
    QSpinBox* m_deviceCount;
    QSpinBox* m_context;
    QComboBox* m_keyType;
    QComboBox* m_valueType;
    QSpinBox* m_slots;
    QDoubleSpinBox* m_error;
    QComboBox* m_preset;
    QSlider* m_slider;
    QLabel* m_range;
    QLabel* m_mixed; ///< names different devices of the document
    bool m_isMixed = false; ///< they count until another device is chosen
    FitRequest m_request;
    QString m_problem;
    std::uint64_t m_smallest = 0;
    std::uint64_t m_largest = 0;
    double m_bytesPerBit = 0; ///< of file per bit per weight
    std::uint64_t m_header = 0;
    bool m_isFollowing = false; ///< the slider follows the fields, not the other way round
};

} // namespace quantlathe::ui
