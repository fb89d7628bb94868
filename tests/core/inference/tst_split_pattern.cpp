// SPDX-License-Identifier: GPL-3.0-or-later
// The matcher of split expressions, the merging of long words, and what becomes of broken UTF-8.
#include "core/inference/tokenizer/added_tokens.h"
#include "core/inference/tokenizer/merge_table.h"
#include "core/inference/tokenizer/pre_tokenizer_names.h"
#include "core/inference/tokenizer/pre_tokenizer_steps.h"
#include "core/inference/tokenizer/utf8.h"
#include "support/test_support.h"

#include <QElapsedTimer>

#include <random>

using namespace quantlathe;
using namespace quantlathe::test;

namespace {

QString joined(const SplitText& text)
{
    QStringList pieces;
    for (const TextPiece& piece : text.pieces)
        pieces << QString::fromStdString(std::string(text.view(piece)));
    return pieces.join(u'¦');
}

QString split(const QString& expression, const QString& text, SplitBehavior behavior = SplitBehavior::Isolated, bool isInverted = false)
{
    SplitText state(text.toStdString());
    ExpressionStep(expression.toStdString(), behavior, isInverted).apply(state);
    return joined(state);
}

/// One merge after the other over the whole word, as the method is defined.
std::vector<TokenId> mergedSlowly(const MergeTable& table, std::vector<TokenId> symbols)
{
    for (;;) {
        std::size_t best = symbols.size();
        for (std::size_t at = 0; at + 1 < symbols.size(); ++at) {
            const auto* merge = table.find(symbols[at], symbols[at + 1]);
            const auto* bestMerge = best < symbols.size() ? table.find(symbols[best], symbols[best + 1]) : nullptr;
            if (merge && (!bestMerge || merge->rank < bestMerge->rank))
                best = at;
        }
        if (best == symbols.size())
            return symbols;
        symbols[best] = table.find(symbols[best], symbols[best + 1])->result;
        symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(best) + 1);
    }
}

class TestSplitPattern : public QObject
{
    Q_OBJECT

private slots:
    void expressions_data()
    {
        QTest::addColumn<QString>("expression");
        QTest::addColumn<QString>("text");
        QTest::addColumn<QString>("pieces");
        QTest::newRow("literals") << "bc" << "abcabcd" << "a¦bc¦a¦bc¦d";
        QTest::newRow("first alternative wins") << "a|ab" << "abab" << "a¦b¦a¦b";
        QTest::newRow("greedy") << "a.*b" << "xaabbby" << "x¦aabbb¦y";
        QTest::newRow("lazy") << "a.*?b" << "xaabbby" << "x¦aab¦bby";
        QTest::newRow("possessive") << "a++b?a" << "aaba" << "aaba";
        QTest::newRow("possessive never goes back") << "a++a|b" << "aaab" << "aaa¦b";
        QTest::newRow("atomic") << "(?>ab|a)c" << "abcac" << "abc¦ac";
        QTest::newRow("counts") << "[0-9]{1,3}" << "12345678" << "123¦456¦78";
        QTest::newRow("open count") << "a{2,}" << "aXaaaX" << "aX¦aaa¦X";
        QTest::newRow("a brace that is no count") << "a{x}" << "za{x}" << "z¦a{x}";
        QTest::newRow("group repeated") << "(?:ab){2}" << "ababab" << "abab¦ab";
        QTest::newRow("look ahead") << "a(?=b)" << "abac" << "a¦bac";
        QTest::newRow("not ahead") << "a(?!b)" << "abac" << "ab¦a¦c";
        QTest::newRow("look behind") << "(?<=ä)b" << "bäb" << "bä¦b";
        QTest::newRow("not behind") << "(?<!ä)b" << "bäb" << "b¦äb";
        QTest::newRow("empty matches") << "(?=b)" << "abab" << "a¦ba¦b";
        QTest::newRow("case") << "(?i:straße|ÉCLAIR)" << "STRAßE éclair" << "STRAßE¦ ¦éclair";
        QTest::newRow("case to the end of the group") << "(?:(?i)a)b" << "AbAB" << "Ab¦AB";
        QTest::newRow("long s is an s") << "(?i:'s)" << "x'ſ" << "x¦'ſ";
        QTest::newRow("properties") << "\\p{Lu}+|\\p{N}|\\P{L}" << "ÄÖü½ " << "ÄÖ¦ü¦½¦ ";
        QTest::newRow("script") << "\\p{Han}+" << "a漢字b" << "a¦漢字¦b";
        QTest::newRow("negated property") << "\\p{^L}" << "a-b" << "a¦-¦b";
        QTest::newRow("class") << "[^\\s\\p{L}]+" << "ab 12!c" << "ab ¦12!¦c";
        QTest::newRow("bracket first") << "[]a]+" << "x]a]" << "x¦]a]";
        QTest::newRow("hyphen last") << "[a-]+" << "xa-a" << "x¦a-a";
        QTest::newRow("nested class") << "[a[bc]]+" << "xabcx" << "x¦abc¦x";
        QTest::newRow("intersection") << "[\\p{L}&&[^a-c]]+" << "abcdef" << "abc¦def";
        QTest::newRow("code points") << "[\\x{4E00}-\\x{9FFF}\\u3042]+" << "a中あb" << "a¦中あ¦b";
        QTest::newRow("anchors") << "^a|a$" << "aaa" << "a¦a¦a";
        QTest::newRow("word boundary") << "\\bab\\b" << "ab abc" << "ab¦ abc";
        QTest::newRow("comment") << "a(?#nothing)b" << "xab" << "x¦ab";
        QTest::newRow("digits of any script") << "\\d" << "a٣b" << "a¦٣¦b";
    }

    void expressions()
    {
        QFETCH(const QString, expression);
        QFETCH(const QString, text);
        QFETCH(const QString, pieces);
        QCOMPARE(split(expression, text), pieces);
    }

    void refused_data()
    {
        QTest::addColumn<QString>("expression");
        QTest::addColumn<QString>("message");
        QTest::newRow("unclosed class") << "[a" << "a ']' is missing";
        QTest::newRow("closed too often") << "a)" << "a ')' too many";
        QTest::newRow("nothing to repeat") << "*a" << "nothing to repeat";
        QTest::newRow("range backwards") << "[z-a]" << "runs backwards";
        QTest::newRow("counts backwards") << "a{3,2}" << "the wrong way round";
        QTest::newRow("unknown property") << "\\p{Vowel}" << "the property 'Vowel' is not known";
        QTest::newRow("back reference") << "(a)\\1" << "'\\1' is not known";
        QTest::newRow("named group") << "(?<name>a)" << "a group of a kind";
        QTest::newRow("POSIX bracket") << "[[:alpha:]]" << "POSIX";
        QTest::newRow("huge count") << "a{100000}" << "that many times";
        QTest::newRow("look behind of varying width") << "(?<=a+)b" << "varying width";
        QTest::newRow("character number") << "\\x{FFFFFFF}" << "a character number";
        QTest::newRow("deep") << QString(100, u'(') + QString(100, u')') << "nested too deeply";
        QTest::newRow("cut escape") << "a\\" << "ends too early";
    }

    void refused()
    {
        QFETCH(const QString, expression);
        QFETCH(const QString, message);
        const auto error = errorOf([&] { (void)SplitPattern(expression.toStdString()); });
        QVERIFY(error);
        QVERIFY2(std::string(error->what()).find(message.toStdString()) != std::string::npos, error->what());
    }

    void behaviours()
    {
        const auto of = [](SplitBehavior behavior) { return split("-", "The-final--countdown", behavior); };
        QCOMPARE(of(SplitBehavior::Removed), QString("The¦final¦countdown"));
        QCOMPARE(of(SplitBehavior::Isolated), QString("The¦-¦final¦-¦-¦countdown"));
        QCOMPARE(of(SplitBehavior::MergedWithPrevious), QString("The-¦final-¦-¦countdown"));
        QCOMPARE(of(SplitBehavior::MergedWithNext), QString("The¦-final¦-¦-countdown"));
        QCOMPARE(of(SplitBehavior::Contiguous), QString("The¦-¦final¦--¦countdown"));
        QCOMPARE(split("[a-z]+", "ab12c", SplitBehavior::Removed, true), QString("ab¦c"));
    }

    void everyNamedPreTokenizerCompiles()
    {
        for (const char* name : {"default", "gpt-2", "llama-bpe", "qwen2", "qwen35", "deepseek-llm", "deepseek-coder", "deepseek-v3", "falcon", "starcoder",
                                 "refact", "command-r", "stablelm2", "olmo", "dbrx", "smaug-bpe", "poro-chat", "chatglm-bpe", "viking", "jais", "jais-2",
                                 "tekken", "smollm", "codeshell", "exaone", "exaone-moe", "minerva-7b", "gpt-4o", "llama4", "bloom", "mpt", "phi-2",
                                 "granite-embed-multi-97m", "tiny_aya", "superbpe", "bailingmoe", "seed-coder", "afmoe", "youtu", "minicpm5", "ufakzeka",
                                 "laguna", "chameleon"}) {
            const auto meaning = findPreTokenizer(name);
            QVERIFY2(meaning, name);
            SplitText text("Hello   world's 12345 naïve 中文\n\n\tx = [1, 2];  ");
            const std::string whole = text.text;
            for (const std::string_view expression : meaning->expressions)
                ExpressionStep(expression).apply(text);
            QVERIFY2(text.pieces.size() > 3, name);
            std::size_t end = 0; // the pieces cover the text, in order
            for (const TextPiece& piece : text.pieces) {
                QCOMPARE(piece.begin, end);
                end = piece.end;
            }
            QCOMPARE(end, whole.size());
        }
        QVERIFY(!findPreTokenizer("kimi-k2"));
    }

    void digitsFromTheEnd()
    {
        const auto pieces = [](const char* name, const char* text) {
            SplitText state(text);
            const auto meaning = findPreTokenizer(name);
            for (const std::string_view expression : meaning->expressions)
                ExpressionStep(expression).apply(state);
            return joined(state);
        };
        QCOMPARE(pieces("afmoe", "1234567"), QString("1¦234¦567"));
        QCOMPARE(pieces("afmoe", "12345"), QString("12¦345"));
        QCOMPARE(pieces("afmoe", "123"), QString("123"));
        QCOMPARE(pieces("superbpe", "a1234567b"), QString("a¦1¦234¦567¦b"));
        QCOMPARE(pieces("llama-bpe", "1234567"), QString("123¦456¦7"));
    }

    void aLongRunNeedsNoDeepStack()
    {
        const QString word(300000, u'a');
        QCOMPARE(split("(?:a|b)+c|(?:a|b)+", word), word);
        QCOMPARE(split("(?:a|b)+", word), word);
    }

    void longWordsMergeAsShortOnes()
    {
        MergeTable table;
        std::mt19937 random(7);
        TokenId next = 4;
        for (std::uint32_t rank = 0; rank < 60; ++rank) {
            const auto left = static_cast<TokenId>(random() % static_cast<unsigned>(next));
            const auto right = static_cast<TokenId>(random() % static_cast<unsigned>(next));
            if (!table.find(left, right))
                table.add(left, right, {rank, next++}, true);
        }
        for (int round = 0; round < 200; ++round) {
            std::vector<TokenId> symbols(random() % 90);
            for (TokenId& symbol : symbols)
                symbol = static_cast<TokenId>(random() % 4);
            const auto expected = mergedSlowly(table, symbols);
            table.apply(symbols);
            QCOMPARE(symbols, expected);
        }
    }

    /// Twice as long takes about twice as long: a word of a million letters is not quadratic (which would take hours).
    void aHugeWordIsMergedInTime()
    {
        MergeTable table;
        for (TokenId token = 0; token < 20; ++token)
            table.add(token, token, {static_cast<std::uint32_t>(token), token + 1}, true);
        std::vector<TokenId> symbols(1u << 20, 0);
        QElapsedTimer timer;
        timer.start();
        table.apply(symbols);
        QCOMPARE(symbols, std::vector<TokenId>{20});
        QVERIFY(timer.elapsed() < 20000);
    }

    void brokenUtf8_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::addColumn<QString>("eachByte");
        QTest::addColumn<QString>("maximalPart");
        QTest::newRow("valid") << QByteArray("a\xC3\xA4\xF0\x9F\x98\x80") << "aä😀" << "aä😀";
        QTest::newRow("lone") << QByteArray("a\x80\x62") << "a\uFFFDb" << "a\uFFFDb";
        QTest::newRow("cut") << QByteArray("\xE4\xB8") << "\uFFFD\uFFFD" << "\uFFFD";
        QTest::newRow("cut inside") << QByteArray("\xF0\x9F\x98x") << "\uFFFD\uFFFD\uFFFDx" << "\uFFFDx";
        QTest::newRow("overlong") << QByteArray("\xC0\xAF") << "\uFFFD\uFFFD" << "\uFFFD\uFFFD";
        QTest::newRow("beyond") << QByteArray("\xF4\x90\x80\x80") << "\uFFFD\uFFFD\uFFFD\uFFFD" << "\uFFFD\uFFFD\uFFFD\uFFFD";
        QTest::newRow("surrogate") << QByteArray("\xED\xA0\x80") << "\uFFFD\uFFFD\uFFFD" << "\uFFFD\uFFFD\uFFFD";
    }

    void brokenUtf8()
    {
        QFETCH(const QByteArray, bytes);
        QFETCH(const QString, eachByte);
        QFETCH(const QString, maximalPart);
        const auto repaired = [&](utf8::Repair repair) { return QString::fromStdString(utf8::repaired(bytes.toStdString(), repair)); };
        QCOMPARE(repaired(utf8::Repair::EachByte), eachByte);
        QCOMPARE(repaired(utf8::Repair::MaximalPart), maximalPart);
        const bool isSurrogate = bytes.startsWith("\xED\xA0");
        QCOMPARE(utf8::repaired(bytes.toStdString(), utf8::Repair::Lenient), isSurrogate ? bytes.toStdString() : eachByte.toStdString());
    }
};

} // namespace

QTEST_GUILESS_MAIN(TestSplitPattern)
#include "tst_split_pattern.moc"
