// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/inference/tokenizer/pre_tokenizer_names.h"

#include <algorithm>

namespace quantlathe {

const std::string_view gpt2Split = R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";

// Llama 3, Qwen2 and many others differ in how many digits stay together and in what follows punctuation.
#define QUANTLATHE_CONTRACTIONS R"((?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD]))"
#define QUANTLATHE_MODERN_HEAD QUANTLATHE_CONTRACTIONS R"(|[^\r\n\p{L}\p{N}]?\p{L}+|)"
#define QUANTLATHE_MODERN_TAIL R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)"
#define QUANTLATHE_SLASH_TAIL R"(| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)"

namespace {

constexpr std::string_view llama3Split = QUANTLATHE_MODERN_HEAD R"(\p{N}{1,3})" QUANTLATHE_MODERN_TAIL;
constexpr std::string_view qwen2Split = QUANTLATHE_MODERN_HEAD R"(\p{N})" QUANTLATHE_MODERN_TAIL;

// Words with capitals in front. The originals name classes of upper and lower case letters with combining marks; llama.cpp
// tells apart ASCII letters only and leaves the marks out, or takes both cases for one.
#define QUANTLATHE_CAPITALS(upper, lower, ending)                                                                      \
    R"([^\r\n\p{L}\p{N}]?)" upper "*" lower "+" ending R"(|[^\r\n\p{L}\p{N}]?)" upper "+" lower "*" ending
#define QUANTLATHE_UPPER R"([\p{L}&&[^a-z]])"
#define QUANTLATHE_LOWER R"([\p{L}&&[^A-Z]])"
#define QUANTLATHE_UPPER_MARKED R"([\p{L}\p{M}&&[^a-z]])"
#define QUANTLATHE_LOWER_MARKED R"([\p{L}\p{M}&&[^A-Z]])"
#define QUANTLATHE_ANY_CASE R"([\p{L}\p{M}])"
#define QUANTLATHE_MAYBE_CONTRACTION QUANTLATHE_CONTRACTIONS "?"

constexpr std::string_view tekkenSplit =
    QUANTLATHE_CAPITALS(QUANTLATHE_UPPER, QUANTLATHE_LOWER, "") R"(|\p{N})" QUANTLATHE_SLASH_TAIL;
constexpr std::string_view gpt4oSplit =
    QUANTLATHE_CAPITALS(QUANTLATHE_UPPER, QUANTLATHE_LOWER, QUANTLATHE_MAYBE_CONTRACTION) R"(|\p{N}{1,3})" QUANTLATHE_SLASH_TAIL;
constexpr std::string_view graniteSplit =
    QUANTLATHE_CAPITALS(QUANTLATHE_UPPER_MARKED, QUANTLATHE_LOWER_MARKED, QUANTLATHE_MAYBE_CONTRACTION) R"(|\p{N}{1,3})" QUANTLATHE_SLASH_TAIL;
constexpr std::string_view ayaSplit =
    QUANTLATHE_CAPITALS(QUANTLATHE_ANY_CASE, QUANTLATHE_ANY_CASE, QUANTLATHE_MAYBE_CONTRACTION) R"(|\p{N}{1,3})" QUANTLATHE_SLASH_TAIL;
constexpr std::string_view youtuSplit =
    QUANTLATHE_CAPITALS(QUANTLATHE_ANY_CASE, QUANTLATHE_ANY_CASE, QUANTLATHE_MAYBE_CONTRACTION) R"(|\p{N})" QUANTLATHE_SLASH_TAIL;

constexpr std::string_view qwen35Split = QUANTLATHE_CONTRACTIONS
    R"(|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+|\p{N}| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view jais2Split = QUANTLATHE_MODERN_HEAD
    R"(\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s{512}(?!\S)|\s{256}(?!\S)|\s{128}(?!\S)|\s{64}(?!\S)|\s{32}(?!\S)|\s{16}(?!\S)|\s{8}(?!\S)|\s{4}(?!\S)|\s{1,2}(?!\S)|\s{1})";
constexpr std::string_view minicpm5Split = QUANTLATHE_MODERN_HEAD R"(\p{N}+)" QUANTLATHE_MODERN_TAIL;
constexpr std::string_view noContractionsSplit = R"([^\r\n\p{L}\p{N}]?\p{L}+|\p{N})" QUANTLATHE_MODERN_TAIL;
constexpr std::string_view bailingSplit =
    R"('(?:[sSdDmMtT]|[lL][lL]|[vV][eE]|[rR][eE])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+)";
constexpr std::string_view seedSplit = QUANTLATHE_MODERN_HEAD R"(\p{N}{1}| ?[^\s\p{L}\p{N}\r\n]+|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view exaoneMoeSplit = QUANTLATHE_CONTRACTIONS
    R"(|[^\r\n\p{L}\p{N}]?(?:\p{L}\p{M}*(?: \p{L}\p{M}*)*)+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]?|\s*[\r\n]|\s+(?!\S)|\s+)";

#define QUANTLATHE_CODE_WORDS R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+)"
constexpr std::string_view deepseek3Split = QUANTLATHE_CODE_WORDS
    R"(|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view threeDigits = R"(\p{N}{1,3})";
constexpr std::string_view oneDigit = R"(\p{N})";
constexpr std::string_view hanAndKana = R"([\x{4E00}-\x{9FA5}\x{3040}-\x{309F}\x{30A0}-\x{30FF}]+)";
// Leading one or two digits, so that the rest of the number comes in threes.
constexpr std::string_view digitsFromTheEnd = R"(\p{N}{1,2}(?=(?:\p{N}{3})*(?!\p{N}))|\p{N}{3})";
constexpr std::string_view afmoeScripts =
    R"([\x{4E00}-\x{9FFF}\x{3400}-\x{4DBF}\x{F900}-\x{FAFF}\x{3040}-\x{309F}\x{30A0}-\x{30FF}\x{FF65}-\x{FF9F}\x{2F00}-\x{2FDF}\x{0E00}-\x{0E7F}\x{0E80}-\x{0EFF}\x{1780}-\x{17FF}\x{1000}-\x{109F}\x{AA60}-\x{AA7F}\x{A9E0}-\x{A9FF}\x{AC00}-\x{D7AF}\x{1100}-\x{11FF}]+)";

constexpr std::string_view lineBreak = R"([\r\n])";
// Cased letters as DeepSeek LLM lists them.
constexpr std::string_view deepseekLetters = R"(\s?[)"
    R"(\x{41}-\x{5A}\x{61}-\x{7A}\x{B5}\x{C0}-\x{D6}\x{D8}-\x{F6}\x{F8}-\x{1BA}\x{1BC}-\x{1BF})"
    R"(\x{1C4}-\x{293}\x{295}-\x{2AF}\x{370}-\x{373}\x{376}\x{377}\x{37B}-\x{37D}\x{37F}\x{386})"
    R"(\x{388}-\x{38A}\x{38C}\x{38E}-\x{3A1}\x{3A3}-\x{3F5}\x{3F7}-\x{481}\x{48A}-\x{52F}\x{531}-\x{556})"
    R"(\x{10A0}-\x{10C5}\x{13A0}-\x{13F5}\x{13F8}-\x{13FD}\x{1C90}-\x{1CBA}\x{1CBD}-\x{1CBF})"
    R"(\x{1D00}-\x{1D2B}\x{1D6B}-\x{1D77}\x{1D79}-\x{1D9A}\x{1E00}-\x{1F15}\x{1F18}-\x{1F1D})"
    R"(\x{1F20}-\x{1F45}\x{1F48}-\x{1F4D}\x{1F50}-\x{1F57}\x{1F59}\x{1F5B}\x{1F5D}\x{1F5F}-\x{1F7D})"
    R"(\x{1F80}-\x{1FB4}\x{1FB6}-\x{1FBC}\x{1FBE}\x{1FC2}-\x{1FC4}\x{1FC6}-\x{1FCC}\x{1FD0}-\x{1FD3})"
    R"(\x{1FD6}-\x{1FDB}\x{1FE0}-\x{1FEC}\x{1FF2}-\x{1FF4}\x{1FF6}-\x{1FFC}\x{2102}\x{2107})"
    R"(\x{210A}-\x{2113}\x{2115}\x{2119}-\x{211D}\x{2124}\x{2126}\x{2128}\x{212A}-\x{212D}\x{212F}-\x{2134})"
    R"(\x{2139}\x{213C}-\x{213F}\x{2145}-\x{2149}\x{214E}\x{2183}\x{2184}\x{2C00}-\x{2C7B}\x{2C7E}-\x{2CE4})"
    R"(\x{2CEB}-\x{2CEE}\x{2CF2}\x{2CF3}\x{A640}-\x{A66D}\x{A680}-\x{A69B}\x{A722}-\x{A76F})"
    R"(\x{A771}-\x{A787}\x{A78B}-\x{A78E}\x{AB70}-\x{ABBF}\x{FB00}-\x{FB06}\x{FB13}-\x{FB17})"
    R"(\x{FF21}-\x{FF3A}\x{FF41}-\x{FF5A}\x{10400}-\x{1044F}\x{104B0}-\x{104D3}\x{104D8}-\x{104FB})"
    R"(\x{10C80}-\x{10CB2}\x{10CC0}-\x{10CF2}\x{118A0}-\x{118DF}\x{1E900}-\x{1E943})"
    R"(]+)";
constexpr std::string_view deepseekPunctuation = R"(\s?[!-/:-~\x{FF01}-\x{FF0F}\x{FF1A}-\x{FF5E}\x{2018}-\x{201F}\x{3000}-\x{3002}]+)";
constexpr std::string_view trailingSpace = R"(\s+$)";
constexpr std::string_view deepseekCjk = R"([\x{4E00}-\x{9FA5}\x{0800}-\x{4E00}\x{AC00}-\x{D7FF}]+)";
constexpr std::string_view digitRun = R"(\p{N}+)";

constexpr std::string_view falconPunctuation = R"([\p{P}\$\+<=>\^~\|`]+)";
constexpr std::string_view defaultPunctuation = R"([\p{P}\$\+<=>\^~\|]+)";
constexpr std::string_view digitTriples = R"([0-9][0-9][0-9])";
constexpr std::string_view bloomWords = R"( ?[^(\s|.,!?\x{2026}\x{3002}\x{FF0C}\x{3001}\x{0964}\x{06D4}\x{060C})]+)";
constexpr std::string_view lines = R"([^\n]+|[\n]+)";
constexpr std::string_view youtuScripts =
    R"([\x{AC00}-\x{D7A3}\x{3131}-\x{318E}]+|[\x{FF01}\x{2026}\x{201C}\x{201D}\x{2018}\x{2019}\x{2014}\x{FF1A}\x{FF1B}\x{FF0C}\x{3001}-\x{303F}\x{FE30}-\x{FE4F}]+|[\x{3105}-\x{312F}]+|[\x{4E00}-\x{9FA5}\x{3040}-\x{309F}\x{30A0}-\x{30FF}]+)";

struct Row
{
    std::vector<std::string_view> names;
    NamedPreTokenizer meaning;
};

const std::vector<Row>& rows()
{
    static const std::vector<Row> table{
        {{"default", ""}, {{defaultPunctuation, gpt2Split, digitRun, digitTriples}}},
        {{"gpt-2", "phi-2", "jina-es", "jina-de", "jina-v2-es", "jina-v2-de", "jina-v1-en", "jina-v2-code", "roberta-bpe",
          "gigachat", "a.x-4.0", "mellum", "modern-bert", "mpt", "olmo", "jais", "trillion", "granite-docling", "exaone4"},
         {{gpt2Split}}},
        {{"llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano"},
         {{llama3Split}, true, true}},
        {{"dbrx", "smaug-bpe", "glm4", "chatglm-bpe"}, {{llama3Split}}},
        {{"qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "megrez", "stablelm2", "hunyuan", "solar-open", "grok-2"},
         {{qwen2Split}}},
        {{"qwen35"}, {{qwen35Split}}},
        {{"starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "mellum2"}, {{oneDigit, gpt2Split}}},
        {{"falcon"}, {{falconPunctuation, gpt2Split, digitTriples}}},
        {{"deepseek-llm"}, {{lineBreak, deepseekLetters, deepseekPunctuation, trailingSpace, deepseekCjk, digitRun}}},
        {{"deepseek-coder"}, {{lineBreak, R"(\s?\p{L}+)", R"(\s?\p{P}+)", deepseekCjk, oneDigit}}},
        {{"deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"}, {{threeDigits, hanAndKana, deepseek3Split}}},
        {{"tekken"}, {{tekkenSplit}, true, true}},
        {{"gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"}, {{gpt4oSplit}}},
        {{"tiny_aya", "cohere2moe"}, {{R"([0-9]{1,3}(?=(?:[0-9]{3})*(?![A-Za-z0-9_])))", ayaSplit}}},
        {{"granite-embed-multi-97m"}, {{graniteSplit}, true}},
        {{"youtu"}, {{youtuScripts, youtuSplit}, true}},
        {{"jais-2"}, {{jais2Split}}},
        {{"minicpm5"}, {{threeDigits, minicpm5Split}, true}},
        {{"ufakzeka"}, {{noContractionsSplit}}},
        {{"laguna"}, {{lines, qwen2Split}}},
        {{"bailingmoe", "bailingmoe2", "llada-moe"}, {{bailingSplit}}},
        {{"seed-coder"}, {{seedSplit}}},
        {{"exaone-moe"}, {{exaoneMoeSplit}}},
        {{"afmoe"}, {{digitsFromTheEnd, afmoeScripts, deepseek3Split}}},
        {{"superbpe"}, {{digitRun, R"((?=(?:[0-9]{3})+(?![0-9])))"}}},
        {{"poro-chat", "bloom", "gpt3-finnish"}, {{bloomWords}}},
        {{"viking"}, {{bloomWords, oneDigit}}},
        {{"chameleon"},
         {{R"(<sentinel:[0-9]+>)", R"((IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z)", R"(([\t\n]|    |  ))", oneDigit,
           R"([\p{P}!-/:-@\[-`{-~])", gpt2Split},
          false, true}},
    };
    return table;
}

} // namespace

std::optional<NamedPreTokenizer> findPreTokenizer(std::string_view name)
{
    for (const Row& row : rows()) {
        if (std::find(row.names.begin(), row.names.end(), name) != row.names.end())
            return row.meaning;
    }
    return std::nullopt;
}

} // namespace quantlathe
