// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/pre_tokenizer.h"
#include "core/inference/tokenizer/pre_tokenizer_names.h"
#include "support/test_support.h"

#include <fstream>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

// As in the tokenizer.json of Llama 3.1 and Qwen2.5.
const char* const llama3Split
    = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+)";
const char* const qwen2Split
    = R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+)";

std::string splitThenBytes(const std::string& expression, const std::string& behavior = "Isolated")
{
    return R"({"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":")" + expression
        + R"("},"behavior":")" + behavior
        + R"(","invert":false},{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]})";
}

std::string classify(const std::string& preTokenizer, bool ignoresMerges)
{
    ScratchFolder folder;
    std::ofstream(folder / "tokenizer.json") << R"({"pre_tokenizer":)" << preTokenizer
                                             << R"(,"model":{"type":"BPE","ignore_merges":)"
                                             << (ignoresMerges ? "true" : "false") << "}}";
    return classifyPreTokenizer(JsonFile::read(folder / "tokenizer.json"));
}

const std::string plainBytes = R"({"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true})";

} // namespace

class TestPreTokenizer : public QObject
{
    Q_OBJECT
private slots:
    void knowsTheCommonOnes()
    {
        QCOMPARE(classify(plainBytes, false), std::string("gpt-2"));
        QCOMPARE(classify(R"({"type":"ByteLevel","add_prefix_space":false})", false), std::string("gpt-2"));
        QCOMPARE(classify(splitThenBytes(llama3Split), true), std::string("llama-bpe"));
        QCOMPARE(classify(splitThenBytes(llama3Split), false), std::string("smaug-bpe"));
        QCOMPARE(classify(splitThenBytes(qwen2Split), false), std::string("qwen2"));
        QCOMPARE(classify(R"({"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},)" + plainBytes + "]}", false), std::string("smollm"));
        QCOMPARE(classify(R"({"type":"Sequence","pretokenizers":[{"type":"Punctuation","behavior":"Contiguous"},)" + plainBytes
                              + R"(,{"type":"Digits","individual_digits":false},{"type":"Split","pattern":{"Regex":"[0-9][0-9][0-9]"},"behavior":"Isolated","invert":false}]})",
                          false),
                 std::string("falcon"));
    }

    /// What is written for a name is classified as that name.
    void thereAndBack()
    {
        for (const std::string_view name : knownPreTokenizers()) {
            const auto text = preTokenizerText(name);
            QVERIFY2(text.has_value(), std::string(name).c_str());
            QCOMPARE(classify(text->steps.dump(), text->ignoresMerges), std::string(name));
        }
        QVERIFY(preTokenizerText("llama3")->steps == preTokenizerText("llama-bpe")->steps && preTokenizerText("llama3")->ignoresMerges);
        QVERIFY(preTokenizerText("dbrx")->steps == preTokenizerText("smaug-bpe")->steps && !preTokenizerText("dbrx")->ignoresMerges);
        QVERIFY(!preTokenizerText("bloom"));
    }

    void spellingsOfOneExpression()
    {
        const std::string escaped = R"(\\r\\n)"; // in JSON: a backslash and a letter each
        std::string withLineBreaks = llama3Split;
        for (std::size_t at = 0; (at = withLineBreaks.find(escaped, at)) != std::string::npos;)
            withLineBreaks.replace(at, escaped.size(), R"(\r\n)");
        QVERIFY(withLineBreaks != llama3Split);
        QCOMPARE(classify(splitThenBytes(withLineBreaks), true), std::string("llama-bpe"));
    }

    /// A name is only of use when engines and our own reader know it.
    void readersKnowAllNames()
    {
        for (const std::string_view name : knownPreTokenizers())
            QVERIFY2(findPreTokenizer(name).has_value(), std::string(name).c_str());
    }

    void refusesEverythingElse()
    {
        const auto refused = [](const std::string& preTokenizer, bool ignoresMerges, const char* what) {
            VERIFY_ERROR(classify(preTokenizer, ignoresMerges), ErrorKind::Unsupported, what);
        };
        refused("null", false, "there is none");
        refused(R"({"type":"Metaspace"})", false, "step 'Metaspace'");
        refused(R"({"type":"ByteLevel","add_prefix_space":true})", false, "adds a space");
        refused(plainBytes, true, "with ignore_merges");
        refused(splitThenBytes(qwen2Split), true, "with ignore_merges");
        refused(splitThenBytes("\\\\w+"), false, "split \\w+");
        refused(splitThenBytes(qwen2Split, "Removed"), false, "not by an expression and isolated");
        refused(R"({"type":"Sequence","pretokenizers":[{"type":"Digits"},)" + plainBytes + "]}", false, "digits, bytes split");
        refused(R"({"type":"Sequence"})", false, "without steps");
    }
};

QTEST_GUILESS_MAIN(TestPreTokenizer)
#include "tst_pre_tokenizer.moc"
