// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/plan_findings.h"
#include "core/plan/presets.h"
#include "support/shape_models.h"
#include "support/test_support.h"

#include <QTest>

using namespace quantlathe;
using namespace quantlathe::test;

class TestPlanFindings : public QObject
{
    Q_OBJECT

    ScratchFolder m_folder;

    std::shared_ptr<const Model> model(TensorType type, std::uint64_t rowLength = 512, Metadata metadata = {})
    {
        return makeShapeModel(m_folder.path(), {}, {{"token_embd.weight", {100, rowLength}, type},
                                                    {"blk.0.attn_norm.weight", {rowLength}, TensorType::F32},
                                                    {"blk.0.attn_q.weight", {64, rowLength}, type},
                                                    {"blk.1.attn_q.weight", {64, rowLength}, type}},
                              ModelFormat::Gguf, std::move(metadata));
    }
    static const Finding* find(const std::vector<Finding>& findings, FindingKind kind)
    {
        const auto found = std::find_if(findings.begin(), findings.end(), [kind](const Finding& finding) { return finding.kind == kind; });
        return found == findings.end() ? nullptr : &*found;
    }

private Q_SLOTS:
    void nothingToSay()
    {
        const auto plain = model(TensorType::F16);
        QVERIFY(checkTypes(*plain, {}).empty());
        QVERIFY(checkTypes(*plain, planFromType(*plain, TensorType::Q4_K)).empty());
    }

    void fallbacksAreToldTogether()
    {
        const auto narrow = model(TensorType::F16, 96);
        const auto findings = checkTypes(*narrow, planFromType(*narrow, TensorType::Q4_K));
        QCOMPARE(findings.size(), 1u);
        QVERIFY(findings[0].kind == FindingKind::FellBack && findings[0].severity == Severity::Warning);
        QCOMPARE(QString::fromStdString(findings[0].what),
                 QStringLiteral("3 tensors: rows of 96 weights are no multiple of 256: Q5_0 instead of Q4_K"));
        QCOMPARE(findings[0].tensors, (std::vector<std::size_t>{0, 2, 3}));
    }

    void askingForWhatIsKept()
    {
        const auto plain = model(TensorType::F16);
        Plan plan;
        plan.setChoice("blk.0.attn_norm.weight", Choice{TensorType::Q8_0});
        const auto findings = checkTypes(*plain, plan);
        QCOMPARE(findings.size(), 1u);
        QVERIFY(findings[0].kind == FindingKind::FellBack && findings[0].severity == Severity::Hint);
    }

    void requantizing()
    {
        const auto stored = model(TensorType::Q4_0);
        const auto findings = checkTypes(*stored, planFromType(*stored, TensorType::Q5_K));
        const Finding* found = find(findings, FindingKind::Requantized);
        QVERIFY(found);
        QVERIFY(found->severity == Severity::Warning);
        QCOMPARE(found->tensors.size(), 3u);
        const auto eight = model(TensorType::Q8_0);
        const auto gentle = checkTypes(*eight, planFromType(*eight, TensorType::Q5_K));
        QVERIFY(find(gentle, FindingKind::Requantized)->severity == Severity::Hint);
        QVERIFY(!find(checkTypes(*stored, {}), FindingKind::Requantized));
        QVERIFY(!find(checkTypes(*stored, planFromType(*stored, TensorType::F16)), FindingKind::Requantized));
    }

    void typesWithConditions()
    {
        const auto plain = model(TensorType::F16);
        const auto findings = checkTypes(*plain, planFromType(*plain, TensorType::IQ2_XS));
        QVERIFY(find(findings, FindingKind::NeedsImportance));
        QVERIFY(find(findings, FindingKind::NeedsImportance)->what.starts_with("IQ2_XS is meant"));
        const auto ternary = checkTypes(*plain, planFromType(*plain, TensorType::TQ1_0));
        QVERIFY(find(ternary, FindingKind::UnsupportedType)->what.find("processor only") != std::string::npos);
        QCOMPARE(find(ternary, FindingKind::UnsupportedType)->tensors.size(), 3u);
        // What is stored counts as well.
        QVERIFY(find(checkTypes(*model(TensorType::NVFP4), {}), FindingKind::UnsupportedType));
        for (const TensorTypeInfo& type : allTensorTypes()) {
            if (const TypeSupport* support = typeSupport(type.type))
                QVERIFY(support->type == type.type && !support->what.empty() && !support->advice.empty());
        }
        QVERIFY(!typeSupport(TensorType::Q4_K) && !typeSupport(TensorType::IQ4_XS));
    }

    void fileTypeThatSaysSomethingElse()
    {
        Metadata metadata;
        metadata.append("general.file_type", MetadataValue::ofU32(15)); // Q4_K_M
        const auto eight = model(TensorType::Q8_0, 512, metadata);
        const auto findings = checkTypes(*eight, {});
        QVERIFY(find(findings, FindingKind::FileType));
        QCOMPARE(QString::fromStdString(find(findings, FindingKind::FileType)->key), QStringLiteral("general.file_type"));
        QVERIFY(!find(checkTypes(*model(TensorType::Q4_K, 512, metadata), {}), FindingKind::FileType));
    }
};

QTEST_GUILESS_MAIN(TestPlanFindings)
#include "tst_plan_findings.moc"
