// SPDX-License-Identifier: GPL-3.0-or-later
// What the tests of the window share: small models made on the spot, isolated settings, trees as text.
#pragma once

#include "core/model/model.h"
#include "support/test_support.h"

#include <QAbstractItemModel>
#include <QString>

#include <memory>
#include <string>
#include <vector>

namespace quantlathe::ui::test {

/// Settings go to a folder of their own that disappears with the object. One per test program.
class IsolatedSettings
{
public:
    IsolatedSettings();
    void clear();

private:
    quantlathe::test::ScratchFolder m_folder;
};

struct TensorSpec
{
    std::string name;
    Shape shape;
    TensorType type = TensorType::F32;
};

/// A model whose F32 weights are a fixed pseudo-random bell curve; other types are zeros. Its file is in @p folder.
std::shared_ptr<const Model> makeModel(const quantlathe::test::ScratchFolder& folder, const std::vector<TensorSpec>& tensors,
                                       const std::string& fileName = "weights.bin");

/// token_embd, two layers of attn_q, attn_v, ffn_down (rows of 96: no k-quant fits) and attn_norm, output_norm.
std::vector<TensorSpec> smallModelSpec();

/// Waits @p milliseconds and until what was put off to the next turn of the event loop is done, also on a busy machine.
void settle(int milliseconds);

/// Rows of @p model as lines: the texts of @p columns joined by " | ", children indented by two blanks.
QString treeText(const QAbstractItemModel& model, const std::vector<int>& columns, const QModelIndex& parent = {}, int depth = 0);

} // namespace quantlathe::ui::test
