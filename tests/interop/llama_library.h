// SPDX-License-Identifier: GPL-3.0-or-later
// llama.cpp's shared library, opened by name.
//
// No header of llama.cpp is needed. Its parameter structures are only passed from its own defaults back to
// it, so they are declared here as opaque blocks larger than any version's: structures of that size are
// returned through a caller's buffer and passed in memory, and the library reads no further than the size it
// knows.
#pragma once

#include <dlfcn.h>

#include <cstdint>
#include <filesystem>
#include <iostream>
#include <stdexcept>
#include <string>

namespace llama_interop {

template <std::size_t size> struct alignas(8) Opaque
{
    unsigned char bytes[size];
};
using ModelParameters = Opaque<1024>;
using ContextParameters = Opaque<1024>;
using Batch = Opaque<256>;
using Token = std::int32_t;
struct Model;
struct Context;
struct Vocabulary;

constexpr int errorLevel = 4;
constexpr std::size_t contextTokens = 512; // the library's default

class Library
{
public:
    explicit Library(const std::filesystem::path& path)
        : m_handle(dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL))
    {
        if (!m_handle)
            throw std::runtime_error(dlerror());
        function<void(void (*)(int, const char*, void*), void*)>("llama_log_set")(
            [](int level, const char* text, void*) {
                if (level == errorLevel)
                    std::cerr << text;
            },
            nullptr);
        // The processor's kernels are libraries of their own, beside libllama or where the distribution keeps
        // them.
        const auto folder = std::filesystem::absolute(path).parent_path();
        bool besides = false;
        for (const auto& entry : std::filesystem::directory_iterator(folder))
            besides |= entry.path().filename().string().starts_with("libggml-cpu");
        if (besides)
            function<void(const char*)>("ggml_backend_load_all_from_path")(folder.c_str());
        else
            function<void()>("ggml_backend_load_all")();
        function<void()>("llama_backend_init")();
    }

    template <typename Signature> Signature* function(const char* name) const
    {
        void* address = dlsym(m_handle, name);
        if (!address)
            throw std::runtime_error(dlerror());
        return reinterpret_cast<Signature*>(address);
    }

private:
    void* m_handle; // stays open: the process ends with it
};

} // namespace llama_interop
