// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/convert/pre_tokenizer.h"
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
    void knowsThree()
    {
        QCOMPARE(classify(plainBytes, false), std::string("gpt-2"));
        QCOMPARE(classify(R"({"type":"ByteLevel","add_prefix_space":false})", false), std::string("gpt-2"));
        QCOMPARE(classify(splitThenBytes(llama3Split), true), std::string("llama-bpe"));
        QCOMPARE(classify(splitThenBytes(qwen2Split), false), std::string("qwen2"));
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
        // The same expression, but merges matter: a different tokenizer (as in DBRX).
        refused(splitThenBytes(llama3Split), false, R"(the expression (?i:'s)");
        refused(splitThenBytes(qwen2Split), true, "with ignore_merges");
        refused(splitThenBytes("\\\\w+"), false, "the expression \\w+");
        refused(splitThenBytes(qwen2Split, "Removed"), false, "unusual combination");
        refused(R"({"type":"Sequence","pretokenizers":[{"type":"Digits"},)" + plainBytes + "]}", false, "step 'Digits'");
        refused(R"({"type":"Sequence"})", false, "without steps");
    }
};

QTEST_GUILESS_MAIN(TestPreTokenizer)
#include "tst_pre_tokenizer.moc"
