// SPDX-License-Identifier: GPL-3.0-or-later
// The distribution panel on real weights: figures, overlay, cancelling, remembering, what it says when there is nothing.
#include "ui/parts/facts_table.h"
#include "ui/plots/distribution_panel.h"
#include "ui/plots/distribution_source.h"
#include "ui/plots/histogram_plot.h"
#include "ui/ui_test_support.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QApplication>
#include <QCheckBox>
#include <QClipboard>
#include <QLabel>
#include <QSignalSpy>

#include <cmath>

using namespace quantlathe;
using namespace quantlathe::ui;
using namespace quantlathe::ui::test;

class TestDistributionPanel : public QObject
{
    Q_OBJECT

    IsolatedSettings m_settings;
    quantlathe::test::ScratchFolder m_folder;

    static QString text(const QWidget& panel, const char* name) { return panel.findChild<QLabel*>(QLatin1String(name))->text(); }

private Q_SLOTS:
    void saysWhatToDoFirst()
    {
        Document document;
        DistributionPanel panel(document);
        panel.show();
        QVERIFY(panel.findChild<QLabel*>(QStringLiteral("distributionHint"))->isVisible());
        QVERIFY(text(panel, "distributionHint").startsWith(QLatin1String("Open a model")));
        document.setModel(makeModel(m_folder, smallModelSpec()));
        QTRY_VERIFY(text(panel, "distributionHint").startsWith(QLatin1String("Select a tensor")));
        QVERIFY(!panel.plot().isVisible());
    }

    void showsFiguresOfATensor()
    {
        Document document;
        DistributionPanel panel(document);
        const QAbstractItemModelTester tester(&panel.facts().facts(), QAbstractItemModelTester::FailureReportingMode::QtTest);
        panel.resize(500, 700);
        panel.show();
        document.setModel(makeModel(m_folder, smallModelSpec()));
        document.setSelection({2}, 2); // blk.0.attn_q
        QTRY_VERIFY(panel.plot().isVisible());
        const Distribution expected = measureDistribution(std::vector<const Tensor*>{&document.model()->tensors()[2]}, {}, {});
        const auto& facts = panel.facts().facts().facts();
        QCOMPARE(facts[0].value, QStringLiteral("65,536"));
        QCOMPARE(facts[1].value.toDouble(), QString::number(expected.mean, 'g', 6).toDouble());
        QCOMPARE(facts[2].value.toDouble(), QString::number(expected.standardDeviation, 'g', 6).toDouble());
        QCOMPARE(facts[8].value, QStringLiteral("0"));
        QVERIFY(text(panel, "distributionTitle").contains(QLatin1String("blk.0.attn_q.weight (256 x 256)")));
        QCOMPARE(text(panel, "distributionNote"), QStringLiteral("Kept as stored: nothing changes."));
    }

    void drawsTheQuantizedDistribution()
    {
        Document document;
        document.setModel(makeModel(m_folder, smallModelSpec()));
        document.setSelection({2}, 2);
        DistributionPanel panel(document);
        panel.resize(500, 700);
        panel.show();
        QTRY_VERIFY(panel.plot().isVisible());
        QVERIFY(!panel.plot().graph(1)->visible());
        document.setType({2}, TensorType::Q4_0, QStringLiteral("edit"));
        QTRY_VERIFY(panel.plot().graph(1)->visible());
        QVERIFY(panel.plot().graph(1)->name().contains(QLatin1String("Q4_0")));
        QVERIFY(panel.plot().legend->hasItemWithPlottable(panel.plot().graph(1)));
        double total = 0;
        for (const auto& point : *panel.plot().graph(1)->data())
            total += point.value;
        total -= std::prev(panel.plot().graph(1)->data()->constEnd())->value; // the end of the last step
        QCOMPARE(total, 65536.0);
        document.undoStack().undo();
        QTRY_VERIFY(!panel.plot().graph(1)->visible());
        QVERIFY(!panel.plot().legend->hasItemWithPlottable(panel.plot().graph(1)));
    }

    void saysWhichTypeCannotBeWritten()
    {
        Document document;
        document.setModel(makeModel(m_folder, smallModelSpec()));
        document.setSelection({2}, 2);
        document.setType({2}, TensorType::Q8_1, QStringLiteral("edit"));
        DistributionPanel panel(document);
        panel.show();
        QTRY_VERIFY(panel.plot().isVisible());
        QVERIFY(text(panel, "distributionNote").contains(QLatin1String("Q8_1 cannot be written")));
    }

    void layersAndLogarithm()
    {
        Document document;
        document.setModel(makeModel(m_folder, smallModelSpec()));
        DistributionPanel panel(document);
        panel.show();
        document.setSelection(document.tensorsOfLayer(1), std::nullopt);
        QTRY_VERIFY(panel.plot().isVisible());
        QCOMPARE(text(panel, "distributionTitle"), QStringLiteral("Layer 1 (4 tensors)"));
        QCOMPARE(panel.facts().facts().facts()[0].value, QStringLiteral("106,752"));
        auto* box = panel.findChild<QCheckBox*>(QStringLiteral("logarithmicCounts"));
        QTest::keyClick(box, Qt::Key_Space);
        QVERIFY(panel.plot().isLogarithmic());
        panel.findChild<QAction*>(QStringLiteral("copyStatistics"))->trigger();
        QVERIFY(QApplication::clipboard()->text().startsWith(QLatin1String("Layer 1 (4 tensors)\nWeights\t106,752\n")));
    }

    void notANumberIsAWarning()
    {
        const auto path = m_folder / "nan.bin";
        std::vector<std::byte> bytes(64 * sizeof(float));
        const float bad = std::nanf("");
        std::memcpy(bytes.data() + 8, &bad, sizeof bad);
        quantlathe::test::writeBytes(path, bytes);
        Model::Contents contents;
        contents.path = path;
        contents.files = {path};
        contents.tensors = {Tensor::stored("blk.0.attn_q.weight", {2, 32}, TensorType::F32, MappedFile::open(path), 0)};
        contents.places = {placeOf("blk.0.attn_q.weight")};
        Document document;
        document.setModel(std::make_shared<const Model>(std::move(contents)));
        document.setSelection({0}, 0);
        document.setType({0}, TensorType::Q8_0, QStringLiteral("edit"));
        DistributionPanel panel(document);
        panel.show();
        QTRY_VERIFY(text(panel, "distributionNote").contains(QLatin1String("cannot be drawn")));
        QCOMPARE(panel.facts().facts().facts()[8].value, QStringLiteral("1"));
        QVERIFY(panel.facts().facts().facts()[8].isWarning);
    }

    void undecodableTypesSayWhy()
    {
        Document document;
        document.setModel(makeModel(m_folder, {{"blk.0.attn_q.weight", {4, 256}, TensorType::IQ2_XXS}}));
        if (document.model()->tensors()[0].canDecode())
            QSKIP("IQ2_XXS can be decoded");
        document.setSelection({0}, 0);
        DistributionPanel panel(document);
        panel.show();
        QTRY_VERIFY(text(panel, "distributionHint").contains(QLatin1String("IQ2_XXS")));
    }

    void hiddenPanelsDoNotWork()
    {
        Document document;
        document.setModel(makeModel(m_folder, smallModelSpec()));
        DistributionPanel panel(document);
        QSignalSpy spy(&panel.source(), &DistributionSource::measured);
        document.setSelection({2}, 2);
        QTest::qWait(50);
        QCOMPARE(spy.count(), 0);
        panel.show();
        QTRY_COMPARE(spy.count(), 1);
    }

    void newestRequestWinsAndResultsAreRemembered()
    {
        const auto model = makeModel(m_folder, smallModelSpec());
        DistributionSource source;
        source.setModel(model);
        QSignalSpy measured(&source, &DistributionSource::measured);
        QSignalSpy quantized(&source, &DistributionSource::quantized);
        source.request({2}, {});
        source.request({3}, {TensorType::Q8_0}); // supersedes the first
        QVERIFY(quantized.wait());
        QCOMPARE(measured.count(), 1);
        QVERIFY(!source.isBusy());
        source.request({3}, {TensorType::Q8_0}); // remembered: at once
        QCOMPARE(measured.count(), 2);
        QCOMPARE(quantized.count(), 2);
        source.request({2}, {});
        source.cancel();
        QTest::qWait(100);
        QCOMPARE(measured.count(), 2);
        source.shutDown();
    }

    void closingWhileCountingIsSafe()
    {
        for (int round = 0; round < 20; ++round) {
            Document document;
            document.setModel(makeModel(m_folder, smallModelSpec()));
            DistributionPanel panel(document);
            panel.show();
            document.setSelection(document.allTensors(), std::nullopt);
            QTest::qWait(round % 4);
        }
    }
};

QTEST_MAIN(TestDistributionPanel)
#include "tst_distribution_panel.moc"
