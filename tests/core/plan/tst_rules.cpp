// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/plan/presets.h"
#include "core/plan/rules.h"
#include "support/shape_models.h"
#include "support/test_support.h"

#include <regex>

using namespace quantlathe;
using namespace quantlathe::test;
using enum TensorType;

namespace {

void writeText(const std::filesystem::path& file, std::string_view text)
{
    const auto bytes = std::as_bytes(std::span(text));
    writeBytes(file, {bytes.begin(), bytes.end()});
}

std::string readText(const std::filesystem::path& file)
{
    const auto bytes = readBytes(file);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

} // namespace

class TestRules : public QObject
{
    Q_OBJECT
private slots:
    void parses()
    {
        const TypeRule rule = TypeRule::parse("attn_v=q6_k");
        QCOMPARE(QString::fromStdString(rule.pattern()), QString("attn_v"));
        QVERIFY(rule.type() == Q6_K);
        QVERIFY(rule.matches("blk.3.attn_v.weight"));
        QVERIFY(!rule.matches("blk.3.attn_k.weight"));
        QVERIFY2(TypeRule::parse("ATTN_V=Q6_K").matches("blk.3.attn_v.weight"), "patterns are lower-cased");
        QVERIFY(TypeRule::parse(R"(blk\.([0-9]|1[0-9])\.ffn=Q4_0)").matches("blk.12.ffn_up.weight"));
        QVERIFY(TypeRule::parse("^output=Q8_0").matches("output.weight"));
        QVERIFY(!TypeRule::parse("^output=Q8_0").matches("blk.0.attn_output.weight"));
    }

    void refuses()
    {
        VERIFY_ERROR(TypeRule::parse("attn_v"), ErrorKind::InvalidArgument, "'attn_v' is no rule");
        VERIFY_ERROR(TypeRule::parse("=Q4_0"), ErrorKind::InvalidArgument, "needs a pattern");
        VERIFY_ERROR(TypeRule::parse("attn_v="), ErrorKind::InvalidArgument, "no tensor type");
        VERIFY_ERROR(TypeRule::parse("attn_v=Q4_K_M"), ErrorKind::InvalidArgument, "'Q4_K_M'");
        VERIFY_ERROR(TypeRule::parse("attn_v=Q8_K"), ErrorKind::InvalidArgument, "Q8_K");
        VERIFY_ERROR(TypeRule::parse("attn_v=I32"), ErrorKind::InvalidArgument, "I32");
        VERIFY_ERROR(TypeRule::parse("attn_(v=Q8_0"), ErrorKind::InvalidArgument, "no regular expression");
        VERIFY_ERROR(TypeRule::parse("(?!a)b=Q8_0"), ErrorKind::InvalidArgument, "no regular expression");
        VERIFY_ERROR(TypeRule(std::string(5000, 'a'), Q8_0), ErrorKind::InvalidArgument, "longer than 4096");
    }

    // A pattern that would take std::regex longer than anyone waits.
    void isLinear()
    {
        const TypeRule rule("(a+)+$", Q4_0);
        QVERIFY(!rule.matches(std::string(20000, 'a') + "b"));
    }

    void readsFiles()
    {
        const ScratchFolder folder;
        writeText(folder / "types.txt", "attn_v=Q6_K attn_k=q5_k\n\t ffn_DOWN=Q4_0\r\n# a remark = nothing\n\noutput=f16");
        const auto rules = readTypeRules(folder / "types.txt");
        QCOMPARE(rules.size(), std::size_t(4));
        QVERIFY(rules[1].type() == Q5_K && rules[2].matches("blk.0.ffn_down.weight") && rules[3].type() == F16);
        writeText(folder / "empty.txt", "");
        QVERIFY(readTypeRules(folder / "empty.txt").empty());
    }

    void badFilesNameTheLine()
    {
        const ScratchFolder folder;
        writeText(folder / "types.txt", "attn_v=Q6_K\n\nattn_k=Q5_K nonsense\n");
        VERIFY_ERROR(readTypeRules(folder / "types.txt"), ErrorKind::BadFormat, "line 3: 'nonsense' is no rule");
        writeText(folder / "types.txt", "a=Q6_K\nb=Q9_K\n");
        VERIFY_ERROR(readTypeRules(folder / "types.txt"), ErrorKind::BadFormat, "line 2: 'Q9_K'");
        VERIFY_ERROR(readTypeRules(folder / "missing.txt"), ErrorKind::NotFound, "missing.txt");
    }

    void writesWhatItReads()
    {
        const ScratchFolder folder;
        const LlamaShape shape{"llama", 12, 512, 1024, 8, 2, 1000};
        const auto model = makeShapeModel(folder.path(), architectureOf(shape), tensorsOf(shape));
        const Plan plan = planFromPreset(*model, *findPreset("Q4_K_M"), {});
        writeTypeRules(folder / "types.txt", *model, plan);

        PresetOptions options;
        options.rules = readTypeRules(folder / "types.txt");
        Plan again = planFromPreset(*model, *findPreset("Q2_K"), options); // every tensor is named: the mixture decides nothing
        again.preset = plan.preset;
        QVERIFY(again == plan);
        QVERIFY(readText(folder / "types.txt").find("^blk\\.1\\.attn_q\\.weight$=Q4_K\n") != std::string::npos);
    }

    // llama-quantize searches with std::regex after lower-casing: every written pattern must find its tensor there too.
    void writtenPatternsSuitLlamaQuantize()
    {
        const ScratchFolder folder;
        const std::vector<std::string> names = {"blk.0.attn_q.weight", "a b.weight", "x=y.weight", "Caps.weight",
                                                "odd[1](2){3}^$*+?|\\.weight", "blk.1.attn_q.weight"};
        std::vector<ShapeTensor> tensors;
        for (const std::string& tensorName : names)
            tensors.push_back({tensorName, {256, 256}});
        const auto model = makeShapeModel(folder.path(), {}, tensors);
        writeTypeRules(folder / "types.txt", *model, planFromType(*model, Q4_K));
        const auto rules = readTypeRules(folder / "types.txt");
        QCOMPARE(rules.size(), names.size());
        for (std::size_t index = 0; index < names.size(); ++index) {
            QVERIFY2(rules[index].matches(names[index]), rules[index].pattern().c_str());
            std::string lower = rules[index].pattern();
            for (char& character : lower)
                character = static_cast<char>(std::tolower(static_cast<unsigned char>(character)));
            QVERIFY2(std::regex_search(names[index], std::regex(lower)), lower.c_str());
        }
        QVERIFY(!rules[0].matches("blk.0.attn_q.weight.more") && !rules[0].matches("blk.00attn_q.weight"));
    }
};

QTEST_APPLESS_MAIN(TestRules)
#include "tst_rules.moc"
