<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>SelectionText</name>
    <message numerus="yes">
        <source>Layer %1 (%n tensors)</source>
        <translation>
            <numerusform>Layer %1 (%n tensor)</numerusform>
            <numerusform>Layer %1 (%n tensors)</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensors</source>
        <translation>
            <numerusform>%n tensor</numerusform>
            <numerusform>%n tensors</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::DeviceBlock</name>
    <message numerus="yes">
        <source>&lt;b&gt;%1&lt;/b&gt;, %2 of %n layers and the output</source>
        <translation>
            <numerusform>&lt;b&gt;%1&lt;/b&gt;, %2 of %n layer and the output</numerusform>
            <numerusform>&lt;b&gt;%1&lt;/b&gt;, %2 of %n layers and the output</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>&lt;b&gt;%1&lt;/b&gt;, %2 of %n layers</source>
        <translation>
            <numerusform>&lt;b&gt;%1&lt;/b&gt;, %2 of %n layer</numerusform>
            <numerusform>&lt;b&gt;%1&lt;/b&gt;, %2 of %n layers</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::ErrorPanel</name>
    <message numerus="yes">
        <source>%n rows, %1 all together</source>
        <translation>
            <numerusform>%n row, %1 all together</numerusform>
            <numerusform>%n rows, %1 all together</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::EvaluationPanel</name>
    <message numerus="yes">
        <source>%1 In %n matrices some experts were never reached: a longer text would help.</source>
        <translation>
            <numerusform>%1 In one matrix some experts were never reached: a longer text would help.</numerusform>
            <numerusform>%1 In %n matrices some experts were never reached: a longer text would help.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n windows taken over from an interrupted run</source>
        <translation>
            <numerusform>one window taken over from an interrupted run</numerusform>
            <numerusform>%n windows taken over from an interrupted run</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::Evaluations</name>
    <message numerus="yes">
        <source>%1, %n layers; %2</source>
        <translation>
            <numerusform>%1, one layer; %2</numerusform>
            <numerusform>%1, %n layers; %2</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::ExportDialog</name>
    <message numerus="yes">
        <source>%n te&amp;nsors get another type than asked for:</source>
        <translation>
            <numerusform>%n te&amp;nsor gets another type than asked for:</numerusform>
            <numerusform>%n te&amp;nsors get another type than asked for:</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n te&amp;nsors cannot be written yet:</source>
        <translation>
            <numerusform>%n te&amp;nsor cannot be written yet:</numerusform>
            <numerusform>%n te&amp;nsors cannot be written yet:</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::FitConstraintsBox</name>
    <message numerus="yes">
        <source>The %n selected tensors</source>
        <translation>
            <numerusform>The selected tensor</numerusform>
            <numerusform>The %n selected tensors</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The %n tensors that were kept last time</source>
        <translation>
            <numerusform>The tensor that was kept last time</numerusform>
            <numerusform>The %n tensors that were kept last time</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::ImportanceText</name>
    <message numerus="yes">
        <source>%n tensor(s): %1</source>
        <translation>
            <numerusform>%n tensor: %1</numerusform>
            <numerusform>%n tensors: %1</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n name(s) in the data are not in this model (%1)</source>
        <translation>
            <numerusform>%n name in the data is not in this model (%1)</numerusform>
            <numerusform>%n names in the data are not in this model (%1)</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::LoadFindingsModel</name>
    <message numerus="yes">
        <source>%n tensors, the first is %1</source>
        <translation>
            <numerusform>%n tensor, it is %1</numerusform>
            <numerusform>%n tensors, the first is %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::MainWindow</name>
    <message numerus="yes">
        <source>It names %n tensors that this model does not have.</source>
        <translation>
            <numerusform>It names %n tensor that this model does not have.</numerusform>
            <numerusform>It names %n tensors that this model does not have.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n exports are not finished. Stop them and close the window?</source>
        <translation>
            <numerusform>%n export is not finished. Stop it and close the window?</numerusform>
            <numerusform>%n exports are not finished. Stop them and close the window?</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensors of this model are not in the recipe.</source>
        <translation>
            <numerusform>%n tensor of this model is not in the recipe.</numerusform>
            <numerusform>%n tensors of this model are not in the recipe.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensors are written in another type.</source>
        <translation>
            <numerusform>%n tensor is written in another type.</numerusform>
            <numerusform>%n tensors are written in another type.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n rules of %1 match no tensor of this model.</source>
        <translation>
            <numerusform>%n rule of %1 matches no tensor of this model.</numerusform>
            <numerusform>%n rules of %1 match no tensor of this model.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Importance data of %n tensor(s) loaded from %1</source>
        <translation>
            <numerusform>Importance data of %n tensor loaded from %1</numerusform>
            <numerusform>Importance data of %n tensors loaded from %1</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The importance data in %1 serve %n tensor(s) of this model. The others are encoded without, and experts that were never reached with all channels alike.</source>
        <translation>
            <numerusform>The importance data in %1 serve %n tensor of this model. The others are encoded without, and experts that were never reached with all channels alike.</numerusform>
            <numerusform>The importance data in %1 serve %n tensors of this model. The others are encoded without, and experts that were never reached with all channels alike.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::MapSource</name>
    <message numerus="yes">
        <source>%1 and %n more</source>
        <translation>
            <numerusform>%1 and %n more</numerusform>
            <numerusform>%1 and %n more</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::MemoryAnswersBox</name>
    <message numerus="yes">
        <source>All %n layers and the output fit on the devices.</source>
        <translation>
            <numerusform>The %n layer and the output fit on the devices.</numerusform>
            <numerusform>All %n layers and the output fit on the devices.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>With the experts of %n layers in main memory the rest fits.</source>
        <translation>
            <numerusform>With the experts of %n layer in main memory the rest fits.</numerusform>
            <numerusform>With the experts of %n layers in main memory the rest fits.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::MetadataPanel</name>
    <message numerus="yes">
        <source>%n keys</source>
        <translation>
            <numerusform>%n key</numerusform>
            <numerusform>%n keys</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::PlanChangesModel</name>
    <message numerus="yes">
        <source>%n tensors up</source>
        <translation>
            <numerusform>%n tensor up</numerusform>
            <numerusform>%n tensors up</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensors down</source>
        <translation>
            <numerusform>%n tensor down</numerusform>
            <numerusform>%n tensors down</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensors of the same width</source>
        <translation>
            <numerusform>%n tensor of the same width</numerusform>
            <numerusform>%n tensors of the same width</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::PresetDialog</name>
    <message numerus="yes">
        <source>%n tensors get another type because their rows do not fit.</source>
        <translation>
            <numerusform>%n tensor gets another type because its rows do not fit.</numerusform>
            <numerusform>%n tensors get another type because their rows do not fit.</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::ResultPage</name>
    <message numerus="yes">
        <source>%n tensors</source>
        <translation>
            <numerusform>%n tensor</numerusform>
            <numerusform>%n tensors</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n matrices</source>
        <translation>
            <numerusform>%n matrix</numerusform>
            <numerusform>%n matrices</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::TensorTreeModel</name>
    <message numerus="yes">
        <source>Set %n tensors to %1</source>
        <translation>
            <numerusform>Set %n tensor to %1</numerusform>
            <numerusform>Set %n tensors to %1</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensors</source>
        <translation>
            <numerusform>%n tensor</numerusform>
            <numerusform>%n tensors</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensors are written in another type than chosen</source>
        <translation>
            <numerusform>%n tensor is written in another type than chosen</numerusform>
            <numerusform>%n tensors are written in another type than chosen</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::TensorTreePanel</name>
    <message numerus="yes">
        <source>%n layers</source>
        <translation>
            <numerusform>%n layer</numerusform>
            <numerusform>%n layers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n roles in all layers</source>
        <translation>
            <numerusform>%n role in all layers</numerusform>
            <numerusform>%n roles in all layers</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensors</source>
        <translation>
            <numerusform>%n tensor</numerusform>
            <numerusform>%n tensors</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::WhatIfModel</name>
    <message numerus="yes">
        <source>Choose %1 for %n tensor(s)</source>
        <translation>
            <numerusform>Choose %1 for %n tensor</numerusform>
            <numerusform>Choose %1 for %n tensors</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Keep %n tensor(s) as stored</source>
        <translation>
            <numerusform>Keep %n tensor as stored</numerusform>
            <numerusform>Keep %n tensors as stored</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The rows of %n tensor(s) do not fit: they would be written as another type</source>
        <translation>
            <numerusform>The rows of %n tensor do not fit: it would be written as another type</numerusform>
            <numerusform>The rows of %n tensors do not fit: they would be written as another type</numerusform>
        </translation>
    </message>
</context>
</TS>
