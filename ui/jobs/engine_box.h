// SPDX-License-Identifier: GPL-3.0-or-later
// For which engine, in which of the formats it loads, and what there is to choose in that format.
#pragma once

#include "core/convert/engine_formats.h"

#include <QWidget>

#include <memory>

class QCheckBox;
class QComboBox;
class QLabel;

namespace quantlathe::ui {

class EngineBox : public QWidget
{
    Q_OBJECT
public:
    explicit EngineBox(QWidget* parent = nullptr);

    /// @param contents what a folder would hold: group sizes that do not divide its rows are not proposed; may be null
    /// @param hasMixture the plan gives layers different bits
    void setContents(std::shared_ptr<const FolderContents> contents, bool hasMixture);

    [[nodiscard]] Engine engine() const;
    [[nodiscard]] ExportFormat format() const;
    [[nodiscard]] bool isFolder() const { return format() != ExportFormat::Gguf; }
    [[nodiscard]] FormatFacts facts() const { return factsOf(format(), engine()); }
    /// Without a method.
    [[nodiscard]] FormatSettings settings() const;
    /// Layers get the bits of their types in the plan.
    [[nodiscard]] bool isMixed() const;
    /// For names: "W4A16", "GPTQ-4bit".
    [[nodiscard]] QString shortName() const;
    void remember() const;

Q_SIGNALS:
    void changed();

private:
    void showFormats();
    void showChoices();
    void explain();

    bool m_hasMixture = false;
    std::shared_ptr<const FolderContents> m_contents;
    bool m_isQuiet = false;
    QComboBox* m_engine;
    QLabel* m_engineText;
    QComboBox* m_format;
    QLabel* m_formatText;
    QWidget* m_choices;
    QLabel* m_bitsLabel;
    QComboBox* m_bits;
    QLabel* m_groupLabel;
    QComboBox* m_group;
    QComboBox* m_symmetry;
    QCheckBox* m_mixed;
};

} // namespace quantlathe::ui
