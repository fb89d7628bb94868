// SPDX-License-Identifier: GPL-3.0-or-later
// Handing a call to the best SIMD target of the machine, for the signatures that several files share. Used behind
// HWY_ONCE; each defines the function that a header declares and calls the one of that name in HWY_NAMESPACE.
#pragma once

/// simd::name, a Decode of simd_decode.h.
#define QUANTLATHE_DISPATCH_DECODE(name)                                                                               \
    HWY_EXPORT(name);                                                                                                  \
    void simd::name(const std::byte* blocks, float* weights, std::size_t count)                                        \
    {                                                                                                                  \
        HWY_DYNAMIC_DISPATCH(name)(blocks, weights, count);                                                            \
    }

/// simd::name, encoding without importance and options.
#define QUANTLATHE_DISPATCH_DIRECT(name)                                                                               \
    HWY_EXPORT(name);                                                                                                  \
    void simd::name(const float* weights, std::size_t count, std::byte* blocks)                                        \
    {                                                                                                                  \
        HWY_DYNAMIC_DISPATCH(name)(weights, count, blocks);                                                            \
    }

/// name, an EncodeRow of search_encode.h.
#define QUANTLATHE_DISPATCH_ENCODE_ROW(name)                                                                           \
    HWY_EXPORT(name);                                                                                                  \
    void name(const float* weights, const float* importance, std::size_t count, const EncodeOptions& options,         \
              std::byte* blocks)                                                                                       \
    {                                                                                                                  \
        HWY_DYNAMIC_DISPATCH(name)(weights, importance, count, options, blocks);                                       \
    }
