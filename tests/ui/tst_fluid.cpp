// SPDX-License-Identifier: GPL-3.0-or-later
// A model of 70 billion weights (a sparse file of 141 GB): how long does one edit, one filter, one sort keep the window's
// thread busy? Measured in processor time of that thread, so that a busy machine does not count.
#include "core/plan/presets.h"
#include "ui/tree/tensor_filter_model.h"
#include "ui/tree/tensor_tree_model.h"
#include "ui/tree/tensor_tree_panel.h"
#include "ui/window/main_window.h"
#include "ui_test_support.h"

#include <QCheckBox>
#include <QHeaderView>
#include <QLineEdit>
#include <QTreeView>

#include <algorithm>
#include <ctime>
#include <fstream>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestFluid : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;
    double m_longest = 0;

    static double threadMilliseconds()
    {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return 1e3 * double(time.tv_sec) + 1e-6 * double(time.tv_nsec);
    }
    /// @p act and the painting that follows, as one piece.
    template <typename Act>
    void measure(const char* what, Act act)
    {
        const double start = threadMilliseconds();
        act();
        const double acted = threadMilliseconds();
        QCoreApplication::processEvents();
        const double painted = threadMilliseconds();
        qInfo("%-28s %6.1f ms, painting and other events %6.1f ms", what, acted - start, painted - acted);
        m_longest = std::max(m_longest, acted - start);
    }

    std::shared_ptr<const Model> hugeModel()
    {
        Model::Contents contents;
        std::vector<std::pair<std::string, Shape>> tensors{{"token_embd.weight", {128256, 8192}}};
        for (int layer = 0; layer < 80; ++layer) {
            const std::string prefix = "blk." + std::to_string(layer) + '.';
            for (const auto& [name, shape] : std::vector<std::pair<const char*, Shape>>{
                     {"attn_q.weight", {8192, 8192}}, {"attn_k.weight", {1024, 8192}}, {"attn_v.weight", {1024, 8192}},
                     {"attn_output.weight", {8192, 8192}}, {"ffn_gate.weight", {28672, 8192}}, {"ffn_up.weight", {28672, 8192}},
                     {"ffn_down.weight", {8192, 28672}}, {"attn_norm.weight", {8192}}, {"ffn_norm.weight", {8192}}})
                tensors.emplace_back(prefix + name, shape);
        }
        tensors.emplace_back("output_norm.weight", Shape{8192});
        tensors.emplace_back("output.weight", Shape{128256, 8192});
        std::uint64_t total = 0;
        for (const auto& [name, shape] : tensors)
            total += tensorBytes(TensorType::F16, shape).value();
        const auto path = m_folder / "huge.bin";
        std::ofstream(path, std::ios::binary).put(0);
        std::filesystem::resize_file(path, total);
        const auto file = MappedFile::open(path);
        std::uint64_t offset = 0;
        for (const auto& [name, shape] : tensors) {
            contents.tensors.push_back(Tensor::stored(name, shape, TensorType::F16, file, offset));
            contents.places.push_back(placeOf(name));
            offset += contents.tensors.back().sizeBytes();
        }
        contents.path = path;
        contents.files = {path};
        contents.formatVersion = 3;
        contents.architecture.name = "llama";
        contents.architecture.isKnown = true;
        auto& parameters = contents.architecture.parameters;
        parameters.layerCount = 80;
        parameters.embeddingLength = 8192;
        parameters.headCount.assign(80, 64);
        parameters.headCountKv.assign(80, 8);
        parameters.feedForwardLength.assign(80, 28672);
        parameters.keyLength = parameters.valueLength = 128;
        return std::make_shared<const Model>(std::move(contents));
    }

private Q_SLOTS:
    void seventyBillionWeights()
    {
        const auto model = hugeModel();
        QCOMPARE(model->tensors().size(), std::size_t{723});
        MainWindow window;
        window.resize(1400, 900);
        window.show();
        QVERIFY(QTest::qWaitForWindowExposed(&window));
        Document& document = window.document();
        QTreeView& view = window.tree().view();
        // Once per model: the tree, the estimate and the panels are made.
        const double start = threadMilliseconds();
        document.setModel(model);
        QCoreApplication::processEvents();
        qInfo("showing the model %23.1f ms", threadMilliseconds() - start);

        auto* edit = window.findChild<QLineEdit*>(QStringLiteral("tensorFilter"));
        window.findChild<QCheckBox*>(QStringLiteral("tensorFilterRegex"))->setChecked(true);
        const auto filter = [edit](const QString& text) {
            edit->setText(text);
            Q_EMIT edit->returnPressed();
        };
        const Plan plan = planFromPreset(*model, *findPreset("Q4_K_M"), {});
        measure("apply a preset", [&] { document.setPlan(plan, QStringLiteral("Preset")); });
        measure("undo", [&] { document.undoStack().undo(); });
        measure("redo", [&] { document.undoStack().redo(); });
        measure("set one tensor", [&] { document.setType({100}, TensorType::Q6_K, QStringLiteral("One")); });
        measure("unfold all", [&] { view.expandAll(); });
        measure("select all", [&] { view.selectAll(); });
        measure("set all", [&] { document.setType(document.selection(), TensorType::Q8_0, QStringLiteral("All")); });
        measure("sort by size", [&] { view.header()->setSortIndicator(TensorTreeModel::BytesAfter, Qt::DescendingOrder); });
        measure("sort by error", [&] { view.header()->setSortIndicator(TensorTreeModel::RelativeError, Qt::DescendingOrder); });
        measure("filter", [&] { filter(QStringLiteral("attn_(q|v)")); });
        measure("no filter", [&] { filter({}); });
        measure("scroll to the end", [&] { view.scrollToBottom(); });
        document.undoStack().setClean();
        // A frame is 16 ms; three of them tell that something went quadratic.
        QVERIFY2(m_longest < 48, qPrintable(QStringLiteral("the longest took %1 ms").arg(m_longest)));
        QVERIFY(window.close());
    }
};

QTEST_MAIN(TestFluid)
#include "tst_fluid.moc"
