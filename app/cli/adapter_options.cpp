// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/cli/adapter_options.h"

#include "core/convert/adapters.h"
#include "core/formats/open.h"

namespace quantlathe::cli {

void AdapterOptions::add(CLI::App* command)
{
    command->add_option("--lora", adapters, "LoRA adapter (a PEFT folder) to merge into the weights, with a scale behind a colon; may be repeated")
        ->type_name("DIR[:SCALE]")
        ->allow_extra_args(false);
}

std::shared_ptr<const Model> AdapterOptions::open(const std::string& file) const
{
    std::vector<Adapter> parsed;
    for (const std::string& adapter : adapters)
        parsed.push_back(parseAdapter(adapter));
    return withAdapters(openModel(file), parsed);
}

} // namespace quantlathe::cli
