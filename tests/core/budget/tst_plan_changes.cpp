// SPDX-License-Identifier: GPL-3.0-or-later
// What one plan raises and lowers against another; which errors a fit needs.
#include "core/budget/fit_errors.h"
#include "core/budget/plan_changes.h"
#include "core/formats/open.h"
#include "core/plan/presets.h"
#include "fit_test_support.h"
#include "support/test_support.h"

#include <cmath>

using namespace quantlathe;
using namespace quantlathe::test;
using enum TensorType;

class TestPlanChanges : public QObject
{
    Q_OBJECT

    std::shared_ptr<const Model> m_model = openModel(resource("sample/quantlathe-sample-f16.gguf"));
    ErrorTable m_errors = modelledErrors(*m_model);
    DamageWeights m_weights = proxyWeights(*m_model);

private slots:
    void upAndDown()
    {
        Plan before = planFromType(*m_model, Q4_K);
        Plan after = before;
        after.setChoice("blk.1.attn_v.weight", Choice{Q6_K});
        after.setChoice("blk.1.attn_q.weight", Choice{Q4_0}); // as wide
        after.setChoice("output.weight", Choice{Q2_K});
        const PlanChanges changes = comparePlans(*m_model, before, after, m_errors, m_weights);
        QCOMPARE(changes.tensors.size(), 3u);
        QCOMPARE(changes.count(1), 1u);
        QCOMPARE(changes.count(-1), 1u);
        QCOMPARE(changes.count(0), 1u);
        QCOMPARE(changes.unknownDamages, 0u);
        QCOMPARE(changes.roles.size(), 3u);
        QVERIFY(changes.roles[0].layer == 1 && changes.roles[0].role == TensorRole::AttentionQuery && changes.roles[0].sideways == 1);
        QVERIFY(changes.roles[1].role == TensorRole::AttentionValue && changes.roles[1].up == 1);
        QVERIFY(!changes.roles[2].layer && changes.roles[2].role == TensorRole::Output && changes.roles[2].down == 1);
        // 128 x 256 weights from 144 to 210 bytes a block.
        QCOMPARE(changes.roles[1].after.bytes - changes.roles[1].before.bytes, 128u * 66);
        QVERIFY(changes.roles[1].after.damage < changes.roles[1].before.damage);
        double difference = 0;
        for (const TensorChange& change : changes.tensors)
            difference += change.figuresAfter.damage - change.figuresBefore.damage;
        QVERIFY(std::abs(changes.after.damage - changes.before.damage - difference) < 1e-12);
    }

    void nothingChanged()
    {
        const Plan plan = planFromPreset(*m_model, *findPreset("Q4_K_M"), {});
        const PlanChanges changes = comparePlans(*m_model, plan, plan, m_errors, m_weights);
        QVERIFY(changes.tensors.empty() && changes.roles.empty());
        QCOMPARE(changes.before.bytes, changes.after.bytes);
    }

    void unknownErrors()
    {
        const PlanChanges changes = comparePlans(*m_model, {}, planFromType(*m_model, Q4_K), ErrorTable(), m_weights);
        QVERIFY(changes.unknownDamages > 0);
        QCOMPARE(changes.unknownDamages, changes.tensors.size());
        QCOMPARE(changes.after.damage, 0.0);
        QVERIFY(!changes.roles.front().isDamageKnown);
        QVERIFY(changes.after.bytes < changes.before.bytes);
    }

    void whatIsMeasured()
    {
        FitConstraints constraints;
        constraints.allowed = {Q4_K, Q8_0};
        const std::vector<Plan> plans{planFromType(*m_model, Q6_K)};
        const auto types = typesToMeasure(*m_model, constraints, plans);
        const std::size_t query = m_model->indexOf("blk.0.attn_q.weight").value();
        QCOMPARE(types[query], (std::vector<TensorType>{Q8_0, Q4_K, Q6_K}));
        QVERIFY(types[m_model->indexOf("blk.0.attn_norm.weight").value()].empty());

        ScratchFolder folder;
        const ErrorCache cache(folder.path());
        const ErrorTable sampled = measureErrors(m_model, types, {{}, false, 0, &cache}, {});
        QVERIFY(sampled.at(query, Q4_K).isKnown() && sampled.at(query, Q6_K).isKnown());
        QVERIFY(FitProblem::readiness(*m_model, sampled, constraints, {}).isComplete());
        QVERIFY(cache.sizeBytes() > 0);
        const ErrorTable exact = measureErrors(m_model, types, {{}, true, 0, &cache}, {});
        QVERIFY(exact.at(query, Q4_K).quality == PairError::Quality::Exact);
        QVERIFY(std::abs(exact.at(query, Q4_K).relativeSquared / sampled.at(query, Q4_K).relativeSquared - 1) < 0.1);
        // From the cache: as exact as before.
        const ErrorTable again = measureErrors(m_model, types, {{}, false, 0, &cache}, {});
        QCOMPARE(again.at(query, Q4_K).relativeSquared, exact.at(query, Q4_K).relativeSquared);
        std::stop_source stop;
        stop.request_stop();
        VERIFY_ERROR(measureErrors(m_model, types, {}, {stop.get_token(), nullptr}), ErrorKind::Cancelled, "cancelled");
    }
};

QTEST_GUILESS_MAIN(TestPlanChanges)
#include "tst_plan_changes.moc"
