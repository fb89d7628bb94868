<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>EncodingText</name>
    <message>
        <source>best effort</source>
        <translation>beste Suche</translation>
    </message>
    <message>
        <source>standard effort</source>
        <translation>normale Suche</translation>
    </message>
    <message>
        <source>%1, %2</source>
        <translation>%1, %2</translation>
    </message>
    <message>
        <source>errors weighted by size</source>
        <translation>Fehler nach Größe gewichtet</translation>
    </message>
    <message>
        <source>plain squared error</source>
        <translation>einfacher quadratischer Fehler</translation>
    </message>
    <message>
        <source>weights keep their size</source>
        <translation>Gewichte behalten ihre Größe</translation>
    </message>
</context>
<context>
    <name>EvaluationText</name>
    <message>
        <source>No most likely token changes.</source>
        <translation>Kein wahrscheinlichstes Token ändert sich.</translation>
    </message>
    <message>
        <source>%1 of 100 most likely tokens change.</source>
        <translation>%1 von 100 wahrscheinlichsten Tokens ändern sich.</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>Perplexity %1 (95 % interval %2 to %3): within the 1 % line.</source>
        <translation>Perplexität %1 (95-%-Intervall %2 bis %3): innerhalb der 1-%-Linie.</translation>
    </message>
    <message>
        <source>Perplexity %1 (95 % interval %2 to %3): probably within the 1 % line.</source>
        <translation>Perplexität %1 (95-%-Intervall %2 bis %3): wahrscheinlich innerhalb der 1-%-Linie.</translation>
    </message>
    <message>
        <source>Perplexity %1 (95 % interval %2 to %3): probably over the 1 % line.</source>
        <translation>Perplexität %1 (95-%-Intervall %2 bis %3): wahrscheinlich über der 1-%-Linie.</translation>
    </message>
    <message>
        <source>Perplexity %1 (95 % interval %2 to %3): over the 1 % line.</source>
        <translation>Perplexität %1 (95-%-Intervall %2 bis %3): über der 1-%-Linie.</translation>
    </message>
    <message>
        <source>%1 %2</source>
        <translation>%1 %2</translation>
    </message>
    <message>
        <source>%1 A longer text would tell more.</source>
        <translation>%1 Ein längerer Text würde mehr sagen.</translation>
    </message>
    <message>
        <source>Perplexity %1, %2 of 100 tokens flip</source>
        <translation>Perplexität %1, %2 von 100 Tokens kippen</translation>
    </message>
</context>
<context>
    <name>ExportSummary</name>
    <message>
        <source>One tensor cannot be written yet. Choose another type for it. %1</source>
        <translation>Ein Tensor kann noch nicht geschrieben werden. Bitte einen anderen Typ dafür wählen. %1</translation>
    </message>
    <message>
        <source>%1 tensors cannot be written yet. Choose other types for them. The first is %2</source>
        <translation>%1 Tensoren können noch nicht geschrieben werden. Bitte andere Typen dafür wählen. Der erste ist %2</translation>
    </message>
</context>
<context>
    <name>FitContext</name>
    <message>
        <source>%1 bits per weight, error %2 (%3)</source>
        <translation>%1 Bits pro Gewicht, Fehler %2 (%3)</translation>
    </message>
</context>
<context>
    <name>MetadataModel</name>
    <message>
        <source>%1 × %2</source>
        <translation>%1 × %2</translation>
    </message>
</context>
<context>
    <name>NumberText</name>
    <message>
        <source>%1 dB</source>
        <translation>%1 dB</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>unbekannt</translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation>%1 s</translation>
    </message>
    <message>
        <source>%1 min %2 s</source>
        <translation>%1 min %2 s</translation>
    </message>
    <message>
        <source>%1 h %2 min</source>
        <translation>%1 h %2 min</translation>
    </message>
</context>
<context>
    <name>Panels</name>
    <message>
        <source>Memory</source>
        <translation>Speicher</translation>
    </message>
    <message>
        <source>Distribution</source>
        <translation>Verteilung</translation>
    </message>
    <message>
        <source>Error</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>What if</source>
        <translation>Was wäre wenn</translation>
    </message>
    <message>
        <source>Channels</source>
        <translation>Kanäle</translation>
    </message>
    <message>
        <source>Metadata</source>
        <translation>Metadaten</translation>
    </message>
    <message>
        <source>Values</source>
        <translation>Werte</translation>
    </message>
    <message>
        <source>Findings</source>
        <translation>Befunde</translation>
    </message>
    <message>
        <source>Trade-off</source>
        <translation>Abwägung</translation>
    </message>
    <message>
        <source>Plan changes</source>
        <translation>Planänderungen</translation>
    </message>
    <message>
        <source>Jobs</source>
        <translation>Aufträge</translation>
    </message>
</context>
<context>
    <name>PlotExport</name>
    <message>
        <source>Save plot</source>
        <translation>Diagramm speichern</translation>
    </message>
    <message>
        <source>PNG image (*.png);;SVG drawing (*.svg);;PDF document (*.pdf)</source>
        <translation>PNG-Bild (*.png);;SVG-Zeichnung (*.svg);;PDF-Dokument (*.pdf)</translation>
    </message>
    <message>
        <source>The plot could not be written to %1: %2.</source>
        <translation>Das Diagramm konnte nicht nach %1 geschrieben werden: %2.</translation>
    </message>
    <message>
        <source>Show &amp;everything</source>
        <translation>&amp;Alles zeigen</translation>
    </message>
    <message>
        <source>&amp;Copy image</source>
        <translation>Bild &amp;kopieren</translation>
    </message>
    <message>
        <source>&amp;Save as PNG, SVG or PDF…</source>
        <translation>Als PNG, SVG oder PDF &amp;speichern…</translation>
    </message>
</context>
<context>
    <name>SelectionText</name>
    <message numerus="yes">
        <source>Layer %1 (%n tensors)</source>
        <translation>
            <numerusform>Schicht %1 (%n Tensor)</numerusform>
            <numerusform>Schicht %1 (%n Tensoren)</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensors</source>
        <translation>
            <numerusform>%n Tensor</numerusform>
            <numerusform>%n Tensoren</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>TableCopy</name>
    <message>
        <source>table</source>
        <translation>Tabelle</translation>
    </message>
    <message>
        <source>Save table</source>
        <translation>Tabelle speichern</translation>
    </message>
    <message>
        <source>Comma-separated values (*.csv)</source>
        <translation>Kommagetrennte Werte (*.csv)</translation>
    </message>
    <message>
        <source>The table could not be written to %1: %2.</source>
        <translation>Die Tabelle konnte nicht nach %1 geschrieben werden: %2.</translation>
    </message>
    <message>
        <source>&amp;Copy</source>
        <translation>&amp;Kopieren</translation>
    </message>
    <message>
        <source>Copy &amp;all as CSV</source>
        <translation>&amp;Alles als CSV kopieren</translation>
    </message>
    <message>
        <source>&amp;Save table as CSV…</source>
        <translation>Tabelle als CSV &amp;speichern…</translation>
    </message>
</context>
<context>
    <name>Text</name>
    <message>
        <source>%1 B</source>
        <translation>%1 Mrd.</translation>
    </message>
    <message>
        <source>%1 M</source>
        <translation>%1 Mio.</translation>
    </message>
    <message>
        <source>Tensor: %1</source>
        <translation>Tensor: %1</translation>
    </message>
    <message>
        <source>File: %1</source>
        <translation>Datei: %1</translation>
    </message>
    <message>
        <source>At byte: %1</source>
        <translation>Bei Byte: %1</translation>
    </message>
</context>
<context>
    <name>TypeChoices</name>
    <message>
        <source>%1 bits per weight</source>
        <translation>%1 Bits pro Gewicht</translation>
    </message>
    <message>
        <source>%1; the quality suffers without importance data</source>
        <translation>%1; ohne Wichtigkeitsdaten leidet die Qualität</translation>
    </message>
</context>
<context>
    <name>main</name>
    <message>
        <source>Model file or folder to open</source>
        <translation>Zu öffnende Modelldatei oder Ordner</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::ArrayPage</name>
    <message>
        <source>Previous page</source>
        <translation>Vorige Seite</translation>
    </message>
    <message>
        <source>Next page</source>
        <translation>Nächste Seite</translation>
    </message>
    <message>
        <source>Index</source>
        <translation>Index</translation>
    </message>
    <message>
        <source>Text of an element</source>
        <translation>Text eines Elements</translation>
    </message>
    <message>
        <source>&amp;Go to:</source>
        <translation>&amp;Gehe zu:</translation>
    </message>
    <message>
        <source>Fin&amp;d:</source>
        <translation>&amp;Suchen:</translation>
    </message>
    <message>
        <source>Next match</source>
        <translation>Nächster Treffer</translation>
    </message>
    <message>
        <source>Elements of the array</source>
        <translation>Elemente der Liste</translation>
    </message>
    <message>
        <source>The array is empty.</source>
        <translation>Die Liste ist leer.</translation>
    </message>
    <message>
        <source>There is no such element: indices go from 0 to %1.</source>
        <translation>Dieses Element gibt es nicht: Die Indizes gehen von 0 bis %1.</translation>
    </message>
    <message>
        <source>No element contains “%1”.</source>
        <translation>Kein Element enthält „%1“.</translation>
    </message>
    <message>
        <source>No elements</source>
        <translation>Keine Elemente</translation>
    </message>
    <message>
        <source>%1 to %2 of %3</source>
        <translation>%1 bis %2 von %3</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::ArrayPageModel</name>
    <message>
        <source>Index</source>
        <translation>Index</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Wert</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::ChannelPanel</name>
    <message>
        <source>&amp;Logarithmic</source>
        <translation>&amp;Logarithmisch</translation>
    </message>
    <message>
        <source>Differences between small values show beside large ones</source>
        <translation>Unterschiede zwischen kleinen Werten sind neben großen zu sehen</translation>
    </message>
    <message>
        <source>S&amp;how:</source>
        <translation>&amp;Zeige:</translation>
    </message>
    <message>
        <source>&amp;More</source>
        <translation>&amp;Mehr</translation>
    </message>
    <message>
        <source>Copy or save the picture</source>
        <translation>Bild kopieren oder speichern</translation>
    </message>
    <message>
        <source>channels</source>
        <translation>kanaele</translation>
    </message>
    <message>
        <source>Reading all channels</source>
        <translation>Alle Kanäle werden gelesen</translation>
    </message>
    <message>
        <source>Stopped. Select the tensor again to see its channels.</source>
        <translation>Angehalten. Tensor erneut auswählen, um seine Kanäle zu sehen.</translation>
    </message>
    <message>
        <source>Open a model to see the channels of a tensor.</source>
        <translation>Ein Modell öffnen, um die Kanäle eines Tensors zu sehen.</translation>
    </message>
    <message>
        <source>Select a single tensor to see its rows and columns.</source>
        <translation>Einen einzelnen Tensor auswählen, um seine Zeilen und Spalten zu sehen.</translation>
    </message>
    <message>
        <source>Reading all channels…</source>
        <translation>Alle Kanäle werden gelesen…</translation>
    </message>
    <message>
        <source>Largest magnitude</source>
        <translation>Größter Betrag</translation>
    </message>
    <message>
        <source>Range</source>
        <translation>Spannweite</translation>
    </message>
    <message>
        <source>Largest error</source>
        <translation>Größter Fehler</translation>
    </message>
    <message>
        <source>RMS error</source>
        <translation>RMS-Fehler</translation>
    </message>
    <message>
        <source>%1 rows, %2 columns</source>
        <translation>%1 Zeilen, %2 Spalten</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::ChannelPlot</name>
    <message>
        <source>Column (input channel)</source>
        <translation>Spalte (Eingangskanal)</translation>
    </message>
    <message>
        <source>Row (output channel)</source>
        <translation>Zeile (Ausgangskanal)</translation>
    </message>
    <message>
        <source>Heat map of rows and columns</source>
        <translation>Farbkarte der Zeilen und Spalten</translation>
    </message>
    <message>
        <source>%1 to %2</source>
        <translation>%1 bis %2</translation>
    </message>
    <message>
        <source>Row %1, column %2</source>
        <translation>Zeile %1, Spalte %2</translation>
    </message>
    <message>
        <source>Weights %1 to %2</source>
        <translation>Gewichte %1 bis %2</translation>
    </message>
    <message>
        <source>Error: largest %1, RMS %2</source>
        <translation>Fehler: größter %1, RMS %2</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::CompareWindow</name>
    <message>
        <source>&amp;Logarithmic counts</source>
        <translation>&amp;Logarithmische Anzahlen</translation>
    </message>
    <message>
        <source>Compare – Quantlathe</source>
        <translation>Vergleichen – Quantlathe</translation>
    </message>
    <message>
        <source>Differences, tensor by tensor</source>
        <translation>Unterschiede, Tensor für Tensor</translation>
    </message>
    <message>
        <source>tensor-differences</source>
        <translation>tensor-unterschiede</translation>
    </message>
    <message>
        <source>Keys that differ</source>
        <translation>Abweichende Schlüssel</translation>
    </message>
    <message>
        <source>metadata-differences</source>
        <translation>metadaten-unterschiede</translation>
    </message>
    <message>
        <source>Relative difference, layers by roles</source>
        <translation>Relativer Unterschied, Schichten nach Rollen</translation>
    </message>
    <message>
        <source>difference-map</source>
        <translation>unterschiedskarte</translation>
    </message>
    <message>
        <source>&amp;Tensors</source>
        <translation>&amp;Tensoren</translation>
    </message>
    <message>
        <source>&amp;Metadata</source>
        <translation>&amp;Metadaten</translation>
    </message>
    <message>
        <source>&amp;Distribution</source>
        <translation>&amp;Verteilung</translation>
    </message>
    <message>
        <source>M&amp;ap</source>
        <translation>&amp;Karte</translation>
    </message>
    <message>
        <source>Comparing</source>
        <translation>Vergleich läuft</translation>
    </message>
    <message>
        <source>Counting weights</source>
        <translation>Gewichte werden gezählt</translation>
    </message>
    <message>
        <source>The comparison was stopped.</source>
        <translation>Der Vergleich wurde angehalten.</translation>
    </message>
    <message>
        <source>%1 and %2</source>
        <translation>%1 und %2</translation>
    </message>
    <message>
        <source>Comparing…</source>
        <translation>Vergleich läuft…</translation>
    </message>
    <message>
        <source>%1 of %2 tensors are identical; metadata keys that differ: %3.</source>
        <translation>%1 von %2 Tensoren sind gleich; abweichende Metadatenschlüssel: %3.</translation>
    </message>
    <message>
        <source>%1 of %2 tensors are identical; the others differ by %3; metadata keys that differ: %4.</source>
        <translation>%1 von %2 Tensoren sind gleich; die anderen unterscheiden sich um %3; abweichende Metadatenschlüssel: %4.</translation>
    </message>
    <message>
        <source>&amp;Metadata (%1)</source>
        <translation>&amp;Metadaten (%1)</translation>
    </message>
    <message>
        <source>Select a tensor on the page “Tensors”.</source>
        <translation>Auf der Seite „Tensoren“ einen Tensor auswählen.</translation>
    </message>
    <message>
        <source>M&amp;ore</source>
        <translation>M&amp;ehr</translation>
    </message>
    <message>
        <source>Copy or save the plot</source>
        <translation>Diagramm kopieren oder speichern</translation>
    </message>
    <message>
        <source>distributions</source>
        <translation>verteilungen</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::DeviceBlock</name>
    <message>
        <source>attention mask and inputs</source>
        <translation>Attention-Maske und Eingaben</translation>
    </message>
    <message>
        <source>attention</source>
        <translation>Attention</translation>
    </message>
    <message>
        <source>attention scores</source>
        <translation>Attention-Werte</translation>
    </message>
    <message>
        <source>the cache in 16 bits</source>
        <translation>der Cache in 16 Bit</translation>
    </message>
    <message>
        <source>feed-forward part</source>
        <translation>Feed-Forward-Teil</translation>
    </message>
    <message>
        <source>experts</source>
        <translation>Experten</translation>
    </message>
    <message>
        <source>recurrent part</source>
        <translation>rekurrenter Teil</translation>
    </message>
    <message>
        <source>logits</source>
        <translation>Logits</translation>
    </message>
    <message>
        <source>weights from main memory</source>
        <translation>Gewichte aus dem Hauptspeicher</translation>
    </message>
    <message>
        <source>%1 bytes</source>
        <translation>%1 Bytes</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>unbekannt</translation>
    </message>
    <message>
        <source>fits</source>
        <translation>passt</translation>
    </message>
    <message>
        <source>fits with little room</source>
        <translation>passt mit wenig Spielraum</translation>
    </message>
    <message>
        <source>tight</source>
        <translation>knapp</translation>
    </message>
    <message>
        <source>does not fit</source>
        <translation>passt nicht</translation>
    </message>
    <message numerus="yes">
        <source>&lt;b&gt;%1&lt;/b&gt;, %2 of %n layers and the output</source>
        <translation>
            <numerusform>&lt;b&gt;%1&lt;/b&gt;, %2 von %n Schicht und die Ausgabe</numerusform>
            <numerusform>&lt;b&gt;%1&lt;/b&gt;, %2 von %n Schichten und die Ausgabe</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>&lt;b&gt;%1&lt;/b&gt;, %2 of %n layers</source>
        <translation>
            <numerusform>&lt;b&gt;%1&lt;/b&gt;, %2 von %n Schicht</numerusform>
            <numerusform>&lt;b&gt;%1&lt;/b&gt;, %2 von %n Schichten</numerusform>
        </translation>
    </message>
    <message>
        <source>Memory of %1</source>
        <translation>Speicher von %1</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>KV cache</source>
        <translation>KV-Cache</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>Fenster</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Compute</source>
        <translation>Rechenpuffer</translation>
    </message>
    <message>
        <source>Driver</source>
        <translation>Treiber</translation>
    </message>
    <message>
        <source>Keys and values of layers that see the whole context: %1</source>
        <translation>Keys und Values der Schichten, die den ganzen Kontext sehen: %1</translation>
    </message>
    <message>
        <source>KV cache, sliding window</source>
        <translation>KV-Cache, gleitendes Fenster</translation>
    </message>
    <message>
        <source>Recurrent state</source>
        <translation>Rekurrenter Zustand</translation>
    </message>
    <message>
        <source>Compute: %1</source>
        <translation>Rechenpuffer: %1</translation>
    </message>
    <message>
        <source>Buffers for intermediate results, and what takes most of them: %1</source>
        <translation>Puffer für Zwischenergebnisse, und was das meiste davon braucht: %1</translation>
    </message>
    <message>
        <source>Driver and libraries</source>
        <translation>Treiber und Bibliotheken</translation>
    </message>
    <message>
        <source>%1 to %2</source>
        <translation>%1 bis %2</translation>
    </message>
    <message>
        <source>CUDA context and libraries: a band, because it depends on driver and card</source>
        <translation>CUDA-Kontext und Bibliotheken: eine Spanne, weil es von Treiber und Karte abhängt</translation>
    </message>
    <message>
        <source>In all</source>
        <translation>Insgesamt</translation>
    </message>
    <message>
        <source>With the middle of the driver&apos;s band</source>
        <translation>Mit der Mitte der Spanne des Treibers</translation>
    </message>
    <message>
        <source>Missing</source>
        <translation>Es fehlen</translation>
    </message>
    <message>
        <source>Free</source>
        <translation>Frei</translation>
    </message>
    <message>
        <source>Of %1 that programs can use</source>
        <translation>Von %1, die Programme nutzen können</translation>
    </message>
    <message>
        <source>&lt;b&gt;Main memory&lt;/b&gt;</source>
        <translation>&lt;b&gt;Hauptspeicher&lt;/b&gt;</translation>
    </message>
    <message>
        <source>Main memory</source>
        <translation>Hauptspeicher</translation>
    </message>
    <message>
        <source>Outputs</source>
        <translation>Ausgaben</translation>
    </message>
    <message>
        <source>Mapped from the file: the token embedding, and layers and experts that are not on a device</source>
        <translation>Aus der Datei eingeblendet: die Token-Einbettung sowie Schichten und Experten, die auf keinem Gerät liegen</translation>
    </message>
    <message>
        <source>KV cache and state</source>
        <translation>KV-Cache und Zustand</translation>
    </message>
    <message>
        <source>Where logits are handed over</source>
        <translation>Wo Logits übergeben werden</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::DeviceCombo</name>
    <message>
        <source>%1 – %2</source>
        <translation>%1 – %2</translation>
    </message>
    <message>
        <source>%1, usable: %2</source>
        <translation>%1, nutzbar: %2</translation>
    </message>
    <message>
        <source>Add a device, or 24 GiB</source>
        <translation>Gerät hinzufügen, oder 24 GiB</translation>
    </message>
    <message>
        <source>Type part of a name, an amount of memory such as 24 GiB, or an own card such as
my card: 24 GiB, 900 GB/s</source>
        <translation>Einen Teil des Namens eingeben, eine Speichermenge wie 24 GiB oder eine eigene Karte wie
meine Karte: 24 GiB, 900 GB/s</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::DeviceList</name>
    <message>
        <source>&amp;Remove</source>
        <translation>&amp;Entfernen</translation>
    </message>
    <message>
        <source>&amp;This machine</source>
        <translation>&amp;Dieser Rechner</translation>
    </message>
    <message>
        <source>Devices the model runs on</source>
        <translation>Geräte, auf denen das Modell läuft</translation>
    </message>
    <message>
        <source>Each line is one card; the Delete key removes it</source>
        <translation>Jede Zeile ist eine Karte; die Entf-Taste entfernt sie</translation>
    </message>
    <message>
        <source>Add a device or an amount of memory</source>
        <translation>Ein Gerät oder eine Speichermenge hinzufügen</translation>
    </message>
    <message>
        <source>Takes the chosen device out of the list</source>
        <translation>Nimmt das gewählte Gerät aus der Liste</translation>
    </message>
    <message>
        <source>Adds the GPUs of this machine, as NVIDIA&apos;s driver tells them</source>
        <translation>Fügt die GPUs dieses Rechners hinzu, wie der NVIDIA-Treiber sie nennt</translation>
    </message>
    <message>
        <source>No NVIDIA GPU was found: the driver&apos;s management library is not there, or it knows none.</source>
        <translation>Keine NVIDIA-GPU gefunden: Die Verwaltungsbibliothek des Treibers fehlt, oder sie kennt keine.</translation>
    </message>
    <message>
        <source>%1 – %2</source>
        <translation>%1 – %2</translation>
    </message>
    <message>
        <source>%1: %2 usable, %3 GB/s</source>
        <translation>%1: %2 nutzbar, %3 GB/s</translation>
    </message>
    <message>
        <source>%1: %2 usable, bandwidth not known</source>
        <translation>%1: %2 nutzbar, Bandbreite unbekannt</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::DifferenceMapModel</name>
    <message>
        <source>Layer %1, %2</source>
        <translation>Schicht %1, %2</translation>
    </message>
    <message>
        <source>%1: relative difference %2</source>
        <translation>%1: relativer Unterschied %2</translation>
    </message>
    <message>
        <source>%1: not compared</source>
        <translation>%1: nicht verglichen</translation>
    </message>
    <message>
        <source>Outside</source>
        <translation>Außerhalb</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::DistributionPanel</name>
    <message>
        <source>&amp;Logarithmic counts</source>
        <translation>&amp;Logarithmische Anzahlen</translation>
    </message>
    <message>
        <source>Rare values stay visible beside frequent ones</source>
        <translation>Seltene Werte bleiben neben häufigen sichtbar</translation>
    </message>
    <message>
        <source>&amp;More</source>
        <translation>&amp;Mehr</translation>
    </message>
    <message>
        <source>Copy or save the plot and the statistics</source>
        <translation>Diagramm und Statistik kopieren oder speichern</translation>
    </message>
    <message>
        <source>distribution</source>
        <translation>verteilung</translation>
    </message>
    <message>
        <source>Copy s&amp;tatistics</source>
        <translation>S&amp;tatistik kopieren</translation>
    </message>
    <message>
        <source>Statistics of the weights</source>
        <translation>Statistik der Gewichte</translation>
    </message>
    <message>
        <source>Counting weights</source>
        <translation>Gewichte werden gezählt</translation>
    </message>
    <message>
        <source>Quantizing and counting</source>
        <translation>Quantisieren und Zählen</translation>
    </message>
    <message>
        <source>Stopped. Select the tensor again to count its weights.</source>
        <translation>Angehalten. Tensor erneut auswählen, um seine Gewichte zu zählen.</translation>
    </message>
    <message>
        <source>Stopped: the quantized distribution is not drawn.</source>
        <translation>Angehalten: Die quantisierte Verteilung wird nicht gezeichnet.</translation>
    </message>
    <message>
        <source>The quantized distribution cannot be drawn: %1</source>
        <translation>Die quantisierte Verteilung kann nicht gezeichnet werden: %1</translation>
    </message>
    <message>
        <source>Counting weights…</source>
        <translation>Gewichte werden gezählt…</translation>
    </message>
    <message>
        <source>Select a tensor or a layer to see how its weights are distributed.</source>
        <translation>Einen Tensor oder eine Schicht auswählen, um zu sehen, wie die Gewichte verteilt sind.</translation>
    </message>
    <message>
        <source>Open a model to see how its weights are distributed.</source>
        <translation>Ein Modell öffnen, um zu sehen, wie seine Gewichte verteilt sind.</translation>
    </message>
    <message>
        <source>%1 cannot be written by this version yet, so its distribution cannot be drawn.</source>
        <translation>%1 kann diese Version noch nicht schreiben; die Verteilung kann daher nicht gezeichnet werden.</translation>
    </message>
    <message>
        <source>Kept as stored: nothing changes.</source>
        <translation>Bleibt wie gespeichert: Nichts ändert sich.</translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <translation>%1 (%2)</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>Gewichte</translation>
    </message>
    <message>
        <source>Mean</source>
        <translation>Mittelwert</translation>
    </message>
    <message>
        <source>Standard deviation</source>
        <translation>Standardabweichung</translation>
    </message>
    <message>
        <source>Minimum</source>
        <translation>Minimum</translation>
    </message>
    <message>
        <source>Maximum</source>
        <translation>Maximum</translation>
    </message>
    <message>
        <source>Excess kurtosis</source>
        <translation>Exzess-Kurtosis</translation>
    </message>
    <message>
        <source>How heavy the tails are: 0 for a normal distribution, more when a few weights lie far out</source>
        <translation>Wie schwer die Enden wiegen: 0 bei einer Normalverteilung, mehr, wenn wenige Gewichte weit außen liegen</translation>
    </message>
    <message>
        <source>Outliers beyond %1 σ</source>
        <translation>Ausreißer jenseits von %1 σ</translation>
    </message>
    <message>
        <source>Share of weights further than %1 standard deviations from the mean</source>
        <translation>Anteil der Gewichte, die mehr als %1 Standardabweichungen vom Mittelwert entfernt sind</translation>
    </message>
    <message>
        <source>Zeros</source>
        <translation>Nullen</translation>
    </message>
    <message>
        <source>Not a number</source>
        <translation>Keine Zahl</translation>
    </message>
    <message>
        <source>A tensor with such weights cannot be quantized</source>
        <translation>Ein Tensor mit solchen Gewichten kann nicht quantisiert werden</translation>
    </message>
    <message>
        <source>Infinite</source>
        <translation>Unendlich</translation>
    </message>
    <message>
        <source>%1 weights from %2 to %3, mean %4, standard deviation %5</source>
        <translation>%1 Gewichte von %2 bis %3, Mittelwert %4, Standardabweichung %5</translation>
    </message>
    <message>
        <source>There are no weights.</source>
        <translation>Es gibt keine Gewichte.</translation>
    </message>
    <message>
        <source>None of the weights is a finite number.</source>
        <translation>Keines der Gewichte ist eine endliche Zahl.</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::DockTitle</name>
    <message>
        <source>Detach or attach %1</source>
        <translation>%1 lösen oder andocken</translation>
    </message>
    <message>
        <source>Close %1</source>
        <translation>%1 schließen</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::DocumentTasks</name>
    <message>
        <source>Opening %1</source>
        <translation>%1 wird geöffnet</translation>
    </message>
    <message>
        <source>Sampling the errors of all tensors in all types</source>
        <translation>Stichproben der Fehler aller Tensoren in allen Typen</translation>
    </message>
    <message>
        <source>Measuring all errors exactly</source>
        <translation>Alle Fehler werden genau gemessen</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::EmptyState</name>
    <message>
        <source>Open a model to begin</source>
        <translation>Zum Beginnen ein Modell öffnen</translation>
    </message>
    <message>
        <source>Open &amp;file…</source>
        <translation>&amp;Datei öffnen…</translation>
    </message>
    <message>
        <source>Open f&amp;older…</source>
        <translation>&amp;Ordner öffnen…</translation>
    </message>
    <message>
        <source>Open &amp;sample</source>
        <translation>&amp;Beispiel öffnen</translation>
    </message>
    <message>
        <source>A small language model that comes with Quantlathe</source>
        <translation>Ein kleines Sprachmodell, das mit Quantlathe geliefert wird</translation>
    </message>
    <message>
        <source>Recent files</source>
        <translation>Zuletzt geöffnet</translation>
    </message>
    <message>
        <source>Drop a GGUF file, a safetensors file, a Hugging Face folder or a recipe here,
or choose a model:</source>
        <translation>Eine GGUF-Datei, eine safetensors-Datei, einen Hugging-Face-Ordner oder ein Rezept hier ablegen
oder ein Modell wählen:</translation>
    </message>
    <message>
        <source>Recent recipes</source>
        <translation>Letzte Rezepte</translation>
    </message>
    <message>
        <source>%1 — used on %2</source>
        <translation>%1 — benutzt für %2</translation>
    </message>
    <message>
        <source>%1
Is applied to the model that is opened next</source>
        <translation>%1
Wird auf das nächste geöffnete Modell angewandt</translation>
    </message>
    <message>
        <source>%1
Opens %2 and applies the recipe</source>
        <translation>%1
Öffnet %2 und wendet das Rezept an</translation>
    </message>
    <message>
        <source>The recipe %1 is applied to the model that is opened next.</source>
        <translation>Das Rezept %1 wird auf das nächste geöffnete Modell angewandt.</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::EncodingChoice</name>
    <message>
        <source>Standard</source>
        <translation>Normal</translation>
    </message>
    <message>
        <source>Best</source>
        <translation>Am besten</translation>
    </message>
    <message>
        <source>Best for each type</source>
        <translation>Das Beste für jeden Typ</translation>
    </message>
    <message>
        <source>Large weights count more</source>
        <translation>Große Gewichte zählen mehr</translation>
    </message>
    <message>
        <source>All weights count alike</source>
        <translation>Alle Gewichte zählen gleich</translation>
    </message>
    <message>
        <source>Weights keep their size</source>
        <translation>Gewichte behalten ihre Größe</translation>
    </message>
    <message>
        <source>Errors of two- and three-bit types do not make weights smaller on the whole; their plain error is a little larger.</source>
        <translation>Die Fehler der Zwei- und Drei-Bit-Typen machen die Gewichte im Ganzen nicht kleiner; ihr einfacher Fehler ist ein wenig größer.</translation>
    </message>
    <message>
        <source>Stop and say where</source>
        <translation>Anhalten und sagen, wo</translation>
    </message>
    <message>
        <source>Replace and count</source>
        <translation>Ersetzen und zählen</translation>
    </message>
    <message>
        <source>Eff&amp;ort:</source>
        <translation>&amp;Aufwand:</translation>
    </message>
    <message>
        <source>Error&amp;s:</source>
        <translation>&amp;Fehler:</translation>
    </message>
    <message>
        <source>N&amp;aN and infinities:</source>
        <translation>&amp;NaN und Unendlich:</translation>
    </message>
    <message>
        <source>Standard is fast and at least as close to the weights as llama.cpp.</source>
        <translation>Normal ist schnell und mindestens so nah an den Gewichten wie llama.cpp.</translation>
    </message>
    <message>
        <source>Best searches for about the smallest error that each type can hold; it takes many times as long.</source>
        <translation>Am besten sucht nach etwa dem kleinsten Fehler, den jeder Typ erlaubt; das dauert ein Vielfaches.</translation>
    </message>
    <message>
        <source>What counts as a small error is what has served each type best.</source>
        <translation>Als kleiner Fehler gilt, was sich bei jedem Typ am besten bewährt hat.</translation>
    </message>
    <message>
        <source>Errors of large weights count more, as in llama.cpp.</source>
        <translation>Fehler großer Gewichte zählen mehr, wie in llama.cpp.</translation>
    </message>
    <message>
        <source>The plain squared error becomes small; models do not always get better by it.</source>
        <translation>Der einfache quadratische Fehler wird klein; Modelle werden dadurch nicht immer besser.</translation>
    </message>
    <message>
        <source>NaN becomes 0, an infinity the largest finite value of its row; the result says how many.</source>
        <translation>NaN wird 0, Unendlich der größte endliche Wert der Zeile; das Ergebnis nennt die Anzahl.</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::EngineBox</name>
    <message>
        <source>A GGUF file for llama.cpp and what is built on it (Ollama, LM Studio): processors and all GPUs.</source>
        <translation>Eine GGUF-Datei für llama.cpp und was darauf aufbaut (Ollama, LM Studio): Prozessoren und alle GPUs.</translation>
    </message>
    <message>
        <source>A folder for vLLM, which serves many requests at a time on GPUs.</source>
        <translation>Ein Ordner für vLLM, das viele Anfragen zugleich auf GPUs bedient.</translation>
    </message>
    <message>
        <source>A folder for Text Generation Inference, Hugging Face&apos;s server for GPUs.</source>
        <translation>Ein Ordner für Text Generation Inference, den Server von Hugging Face für GPUs.</translation>
    </message>
    <message>
        <source>A folder for Python programs that use the transformers library.</source>
        <translation>Ein Ordner für Python-Programme, die die Bibliothek transformers benutzen.</translation>
    </message>
    <message>
        <source>16 bits, nothing quantized</source>
        <translation>16 Bit, nichts quantisiert</translation>
    </message>
    <message>
        <source>FP8 in blocks</source>
        <translation>FP8 in Blöcken</translation>
    </message>
    <message>
        <source>Every tensor gets the type that the plan gives it.</source>
        <translation>Jeder Tensor erhält den Typ, den der Plan ihm gibt.</translation>
    </message>
    <message>
        <source>Weights as 4-bit integers in groups, activations in 16 bits: a quarter of the size.</source>
        <translation>Gewichte als 4-Bit-Ganzzahlen in Gruppen, Aktivierungen in 16 Bit: ein Viertel der Größe.</translation>
    </message>
    <message>
        <source>Weights as 8-bit integers in groups, activations in 16 bits: half the size, next to no loss.</source>
        <translation>Gewichte als 8-Bit-Ganzzahlen in Gruppen, Aktivierungen in 16 Bit: die halbe Größe, fast kein Verlust.</translation>
    </message>
    <message>
        <source>Weights and activations as 8-bit integers: half the size, fast with many requests at a time.</source>
        <translation>Gewichte und Aktivierungen als 8-Bit-Ganzzahlen: die halbe Größe, schnell bei vielen Anfragen zugleich.</translation>
    </message>
    <message>
        <source>Weights and activations as 8-bit floats, a scale for each row: half the size, fast on GPUs with FP8 units (Ada, Hopper and newer).</source>
        <translation>Gewichte und Aktivierungen als 8-Bit-Gleitkommazahlen, ein Faktor je Zeile: die halbe Größe, schnell auf GPUs mit FP8-Einheiten (Ada, Hopper und neuere).</translation>
    </message>
    <message>
        <source>Weights as 4-bit floats, a scale for each 16 of them: made for Blackwell GPUs, others unpack it.</source>
        <translation>Gewichte als 4-Bit-Gleitkommazahlen, ein Faktor für je 16: für Blackwell-GPUs gemacht, andere packen es aus.</translation>
    </message>
    <message>
        <source>Weights as 4-bit floats, a power of two for each 32 of them: smaller and coarser than NVFP4.</source>
        <translation>Gewichte als 4-Bit-Gleitkommazahlen, eine Zweierpotenz für je 32: kleiner und gröber als NVFP4.</translation>
    </message>
    <message>
        <source>Integers in groups in the layout that most programs read.</source>
        <translation>Ganzzahlen in Gruppen in dem Format, das die meisten Programme lesen.</translation>
    </message>
    <message>
        <source>4-bit integers in groups with zero points, in the layout of the AWQ tools.</source>
        <translation>4-Bit-Ganzzahlen in Gruppen mit Nullpunkten, im Format der AWQ-Werkzeuge.</translation>
    </message>
    <message>
        <source>8-bit floats, a scale for each block of 128 x 128 weights, as DeepSeek&apos;s models come.</source>
        <translation>8-Bit-Gleitkommazahlen, ein Faktor je Block von 128 x 128 Gewichten, wie bei den Modellen von DeepSeek.</translation>
    </message>
    <message>
        <source>The weights as they are, in the type of the model.</source>
        <translation>Die Gewichte, wie sie sind, im Typ des Modells.</translation>
    </message>
    <message>
        <source>B&amp;its:</source>
        <translation>&amp;Bits:</translation>
    </message>
    <message>
        <source>Inputs that share a scale: smaller groups are more exact and take more room</source>
        <translation>Eingänge mit gemeinsamem Faktor: Kleinere Gruppen sind genauer und brauchen mehr Platz</translation>
    </message>
    <message>
        <source>Zero points</source>
        <translation>Nullpunkte</translation>
    </message>
    <message>
        <source>symmetric</source>
        <translation>symmetrisch</translation>
    </message>
    <message>
        <source>with zero points</source>
        <translation>mit Nullpunkten</translation>
    </message>
    <message>
        <source>Layers whose type in the plan has more than 8 bits stay in 16; layers that engines put together get the same</source>
        <translation>Schichten, deren Typ im Plan mehr als 8 Bit hat, bleiben in 16; Schichten, die Programme zusammenlegen, erhalten dasselbe</translation>
    </message>
    <message>
        <source>Forma&amp;t:</source>
        <translation>For&amp;mat:</translation>
    </message>
    <message>
        <source>the whole row</source>
        <translation>die ganze Zeile</translation>
    </message>
    <message>
        <source>It has the same bits for all layers here: those of the plan are not taken over.</source>
        <translation>Es hat hier für alle Schichten dieselben Bits: Die des Plans werden nicht übernommen.</translation>
    </message>
    <message>
        <source>Gr&amp;oup:</source>
        <translation>&amp;Gruppe:</translation>
    </message>
    <message>
        <source>Bits of e&amp;ach layer as in the plan</source>
        <translation>Bits &amp;jeder Schicht wie im Plan</translation>
    </message>
    <message>
        <source>En&amp;gine:</source>
        <translation>&amp;Programm:</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::ErrorMapModel</name>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>Outside the layers</source>
        <translation>Außerhalb der Schichten</translation>
    </message>
    <message>
        <source>Layer %1</source>
        <translation>Schicht %1</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::ErrorMapPanel</name>
    <message>
        <source>&amp;Map</source>
        <translation>&amp;Karte</translation>
    </message>
    <message>
        <source>One field per layer and role</source>
        <translation>Ein Feld je Schicht und Rolle</translation>
    </message>
    <message>
        <source>&amp;Lines</source>
        <translation>&amp;Linien</translation>
    </message>
    <message>
        <source>One line per role over the layers</source>
        <translation>Eine Linie je Rolle über die Schichten</translation>
    </message>
    <message>
        <source>Map of the layers: one row per layer, one column per role</source>
        <translation>Karte der Schichten: eine Zeile je Schicht, eine Spalte je Rolle</translation>
    </message>
    <message>
        <source>Tensors outside the layers</source>
        <translation>Tensoren außerhalb der Schichten</translation>
    </message>
    <message>
        <source>&amp;Show:</source>
        <translation>&amp;Zeige:</translation>
    </message>
    <message>
        <source>&amp;of:</source>
        <translation>&amp;von:</translation>
    </message>
    <message>
        <source>Mo&amp;re</source>
        <translation>Me&amp;hr</translation>
    </message>
    <message>
        <source>Copy or save the map</source>
        <translation>Karte kopieren oder speichern</translation>
    </message>
    <message>
        <source>layers</source>
        <translation>schichten</translation>
    </message>
    <message>
        <source>Save &amp;table as CSV…</source>
        <translation>&amp;Tabelle als CSV speichern…</translation>
    </message>
    <message>
        <source>the chosen types</source>
        <translation>gewählten Typen</translation>
    </message>
    <message>
        <source>the stored types</source>
        <translation>gespeicherten Typen</translation>
    </message>
    <message>
        <source>all as %1</source>
        <translation>alle als %1</translation>
    </message>
    <message>
        <source>No tensor of this model belongs to a layer: there is nothing to draw a map of.</source>
        <translation>Kein Tensor dieses Modells gehört zu einer Schicht: Es gibt keine Karte zu zeichnen.</translation>
    </message>
    <message>
        <source>Open a model to see a map of its layers.</source>
        <translation>Ein Modell öffnen, um die Karte seiner Schichten zu sehen.</translation>
    </message>
    <message>
        <source>Sampling: %1 %</source>
        <translation>Stichproben: %1 %</translation>
    </message>
    <message>
        <source>Sampled; exact: %1 %</source>
        <translation>Stichproben; genau: %1 %</translation>
    </message>
    <message>
        <source>All exact</source>
        <translation>Alles genau</translation>
    </message>
    <message>
        <source>%1 of %2 pairs of tensor and type are measured by sample, %3 from all weights. A hollow corner and ≈ mark what is sampled.</source>
        <translation>%1 von %2 Paaren aus Tensor und Typ sind durch Stichprobe gemessen, %3 an allen Gewichten. Eine offene Ecke und ≈ kennzeichnen Stichproben.</translation>
    </message>
    <message>
        <source>Save table</source>
        <translation>Tabelle speichern</translation>
    </message>
    <message>
        <source>map</source>
        <translation>karte</translation>
    </message>
    <message>
        <source>Comma-separated values (*.csv)</source>
        <translation>Kommagetrennte Werte (*.csv)</translation>
    </message>
    <message>
        <source>The table could not be written to %1: %2.</source>
        <translation>Die Tabelle konnte nicht nach %1 geschrieben werden: %2.</translation>
    </message>
    <message>
        <source>Needs importance data: File, Load importance data</source>
        <translation>Braucht Wichtigkeitsdaten: Datei, Wichtigkeitsdaten laden</translation>
    </message>
    <message>
        <source>Not measured yet: see the page Evaluation</source>
        <translation>Noch nicht gemessen: siehe die Seite Bewertung</translation>
    </message>
    <message>
        <source>Measured on %1</source>
        <translation>Gemessen an: %1</translation>
    </message>
    <message>
        <source>Measured on %1: %2, estimated: %3</source>
        <translation>Gemessen an %1: %2, geschätzt: %3</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::ErrorPanel</name>
    <message>
        <source>&amp;More</source>
        <translation>&amp;Mehr</translation>
    </message>
    <message>
        <source>Copy or save the plot and the figures</source>
        <translation>Diagramm und Zahlen kopieren oder speichern</translation>
    </message>
    <message>
        <source>row-errors</source>
        <translation>zeilenfehler</translation>
    </message>
    <message>
        <source>Copy &amp;figures</source>
        <translation>&amp;Zahlen kopieren</translation>
    </message>
    <message>
        <source>Quantization error of the selection</source>
        <translation>Quantisierungsfehler der Auswahl</translation>
    </message>
    <message>
        <source>Measuring the error of each row</source>
        <translation>Fehler jeder Zeile wird gemessen</translation>
    </message>
    <message>
        <source>Stopped. Select the tensor again to measure its rows.</source>
        <translation>Angehalten. Tensor erneut auswählen, um seine Zeilen zu messen.</translation>
    </message>
    <message>
        <source>Open a model to see what quantizing it costs.</source>
        <translation>Ein Modell öffnen, um zu sehen, was die Quantisierung kostet.</translation>
    </message>
    <message>
        <source>Select a tensor or a layer to see what its chosen types cost.</source>
        <translation>Einen Tensor oder eine Schicht auswählen, um zu sehen, was die gewählten Typen kosten.</translation>
    </message>
    <message>
        <source>%1 cannot be written by this version yet, so its error cannot be measured.</source>
        <translation>%1 kann diese Version noch nicht schreiben; der Fehler kann daher nicht gemessen werden.</translation>
    </message>
    <message>
        <source>%1 cannot be decoded by this version yet: the tensor is copied as it is, without error.</source>
        <translation>%1 kann diese Version noch nicht dekodieren: Der Tensor wird unverändert und ohne Fehler kopiert.</translation>
    </message>
    <message>
        <source>Kept as stored: no error. Choose another type to see what it costs.</source>
        <translation>Bleibt wie gespeichert: kein Fehler. Einen anderen Typ wählen, um zu sehen, was er kostet.</translation>
    </message>
    <message>
        <source>Select a single tensor to see the error of each of its rows.</source>
        <translation>Einen einzelnen Tensor auswählen, um den Fehler jeder Zeile zu sehen.</translation>
    </message>
    <message>
        <source>Measuring the error of each row…</source>
        <translation>Fehler jeder Zeile wird gemessen…</translation>
    </message>
    <message>
        <source>Measuring…</source>
        <translation>Messung läuft…</translation>
    </message>
    <message>
        <source>The figures change while more tensors are measured</source>
        <translation>Die Zahlen ändern sich, während weitere Tensoren gemessen werden</translation>
    </message>
    <message>
        <source>Sampled</source>
        <translation>Stichprobe</translation>
    </message>
    <message>
        <source>Measured on some of the rows; the exact figures follow</source>
        <translation>An einem Teil der Zeilen gemessen; die genauen Zahlen folgen</translation>
    </message>
    <message>
        <source>Exact</source>
        <translation>Genau</translation>
    </message>
    <message>
        <source>Measured on all weights</source>
        <translation>An allen Gewichten gemessen</translation>
    </message>
    <message>
        <source>measuring…</source>
        <translation>Messung läuft…</translation>
    </message>
    <message>
        <source>Relative RMS error</source>
        <translation>Relativer RMS-Fehler</translation>
    </message>
    <message>
        <source>Root of the summed squared error over the summed squared weights</source>
        <translation>Wurzel aus der Summe der quadrierten Fehler durch die Summe der quadrierten Gewichte</translation>
    </message>
    <message>
        <source>Signal to noise</source>
        <translation>Signal-Rausch-Abstand</translation>
    </message>
    <message>
        <source>Each 6 dB more halves the relative error</source>
        <translation>Je 6 dB mehr halbiert sich der relative Fehler</translation>
    </message>
    <message>
        <source>Maximum error</source>
        <translation>Maximaler Fehler</translation>
    </message>
    <message>
        <source>The largest difference of a single weight</source>
        <translation>Der größte Unterschied eines einzelnen Gewichts</translation>
    </message>
    <message>
        <source>Cosine</source>
        <translation>Kosinus</translation>
    </message>
    <message>
        <source>Between the weights before and after: 1 when they point the same way</source>
        <translation>Zwischen den Gewichten vorher und nachher: 1, wenn sie in dieselbe Richtung zeigen</translation>
    </message>
    <message>
        <source>Written as</source>
        <translation>Geschrieben als</translation>
    </message>
    <message>
        <source>Quantized weights</source>
        <translation>Quantisierte Gewichte</translation>
    </message>
    <message>
        <source>Weights kept as stored</source>
        <translation>Gewichte wie gespeichert</translation>
    </message>
    <message>
        <source>They are not part of the figures</source>
        <translation>Sie sind nicht Teil der Zahlen</translation>
    </message>
    <message>
        <source>Encoded with</source>
        <translation>Kodiert mit</translation>
    </message>
    <message>
        <source>Chosen when exporting</source>
        <translation>Wird beim Export gewählt</translation>
    </message>
    <message numerus="yes">
        <source>%n rows, %1 all together</source>
        <translation>
            <numerusform>%n Zeile, %1 insgesamt</numerusform>
            <numerusform>%n Zeilen, %1 insgesamt</numerusform>
        </translation>
    </message>
    <message>
        <source>Weighted error</source>
        <translation>Gewichteter Fehler</translation>
    </message>
    <message>
        <source>no importance data</source>
        <translation>keine Wichtigkeitsdaten</translation>
    </message>
    <message>
        <source>none for these tensors</source>
        <translation>keine für diese Tensoren</translation>
    </message>
    <message>
        <source>The same with errors and weights of important channels counted more: an estimate of the error of what the matrix computes</source>
        <translation>Dasselbe, wobei Fehler und Gewichte wichtiger Kanäle mehr zählen: eine Schätzung für den Fehler dessen, was die Matrix berechnet</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::ErrorPreviews</name>
    <message>
        <source>This version cannot write %1, so its error cannot be measured.</source>
        <translation>Diese Version kann %1 nicht schreiben; der Fehler kann daher nicht gemessen werden.</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::EvaluationPanel</name>
    <message>
        <source>Sensitivity</source>
        <translation>Empfindlichkeit</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>%1 was stopped. What was finished is kept: the same work goes on from there.</source>
        <translation>„%1“ wurde angehalten. Was fertig war, ist aufgehoben: dieselbe Arbeit geht von dort aus weiter.</translation>
    </message>
    <message>
        <source>Importance data are saved as %1 and loaded.</source>
        <translation>Die Wichtigkeitsdaten sind als %1 gespeichert und geladen.</translation>
    </message>
    <message numerus="yes">
        <source>%1 In %n matrices some experts were never reached: a longer text would help.</source>
        <translation>
            <numerusform>%1 In einer Matrix wurden manche Experten nie erreicht: Ein längerer Text würde helfen.</numerusform>
            <numerusform>%1 In %n Matrizen wurden manche Experten nie erreicht: Ein längerer Text würde helfen.</numerusform>
        </translation>
    </message>
    <message>
        <source>What the plan does</source>
        <translation>Was der Plan bewirkt</translation>
    </message>
    <message>
        <source>E&amp;valuate the plan</source>
        <translation>Plan be&amp;werten</translation>
    </message>
    <message>
        <source>Perplexity and KL divergence of the plan against the model as it is stored, without writing a file</source>
        <translation>Perplexität und KL-Divergenz des Plans gegen das Modell, wie es gespeichert ist, ohne eine Datei zu schreiben</translation>
    </message>
    <message>
        <source>A&amp;gainst another model…</source>
        <translation>&amp;Gegen ein anderes Modell…</translation>
    </message>
    <message>
        <source>The same against another file: the model that this one was made from</source>
        <translation>Dasselbe gegen eine andere Datei: das Modell, aus dem dieses gemacht wurde</translation>
    </message>
    <message>
        <source>Which tensors matter</source>
        <translation>Welche Tensoren zählen</translation>
    </message>
    <message>
        <source>What is quantized at once, everything else left as it is</source>
        <translation>Was zugleich quantisiert wird, während alles andere bleibt, wie es ist</translation>
    </message>
    <message>
        <source>each tensor</source>
        <translation>jedem Tensor</translation>
    </message>
    <message>
        <source>each layer</source>
        <translation>jeder Schicht</translation>
    </message>
    <message>
        <source>each role</source>
        <translation>jeder Rolle</translation>
    </message>
    <message>
        <source>The type that is tried</source>
        <translation>Der Typ, der ausprobiert wird</translation>
    </message>
    <message>
        <source>as long as it takes</source>
        <translation>so lange es dauert</translation>
    </message>
    <message>
        <source> min</source>
        <translation> min</translation>
    </message>
    <message>
        <source>What is expected to matter most is measured first; what is left is estimated</source>
        <translation>Was am meisten zählen dürfte, wird zuerst gemessen; der Rest wird geschätzt</translation>
    </message>
    <message>
        <source>&amp;Measure sensitivity</source>
        <translation>E&amp;mpfindlichkeit messen</translation>
    </message>
    <message>
        <source>The KL divergence that quantizing each of them alone causes: for the error map and for fits to a budget</source>
        <translation>Die KL-Divergenz, die jeder allein quantisiert verursacht: für die Fehlerkarte und das Anpassen an ein Budget</translation>
    </message>
    <message>
        <source>Of ea&amp;ch:</source>
        <translation>V&amp;on:</translation>
    </message>
    <message>
        <source>&amp;Written as:</source>
        <translation>Gesch&amp;rieben als:</translation>
    </message>
    <message>
        <source>&amp;Time:</source>
        <translation>&amp;Zeit:</translation>
    </message>
    <message>
        <source>Importance data</source>
        <translation>Wichtigkeitsdaten</translation>
    </message>
    <message>
        <source>O&amp;utput matrix, too</source>
        <translation>A&amp;uch die Ausgabematrix</translation>
    </message>
    <message>
        <source>Usually left out: the output is kept in a better type</source>
        <translation>Meist weggelassen: Die Ausgabe bleibt in einem besseren Typ</translation>
    </message>
    <message>
        <source>Co&amp;llect importance…</source>
        <translation>Wichtigkeit sa&amp;mmeln…</translation>
    </message>
    <message>
        <source>Which input channels carry much: an imatrix file, by which quantizers spend their precision better</source>
        <translation>Welche Eingangskanäle viel tragen: eine imatrix-Datei, mit der Quantisierer ihre Genauigkeit besser verteilen</translation>
    </message>
    <message>
        <source>How far the evaluation is</source>
        <translation>Wie weit die Bewertung ist</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
    <message>
        <source>What is finished is kept: the same work goes on from there later</source>
        <translation>Was fertig ist, wird aufgehoben: Dieselbe Arbeit geht später von dort aus weiter</translation>
    </message>
    <message>
        <source>Evaluate the plan against another model</source>
        <translation>Den Plan gegen ein anderes Modell bewerten</translation>
    </message>
    <message>
        <source>Model files (*.gguf *.safetensors *.safetensors.index.json);;All files (*)</source>
        <translation>Modelldateien (*.gguf *.safetensors *.safetensors.index.json);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Save importance data</source>
        <translation>Wichtigkeitsdaten speichern</translation>
    </message>
    <message>
        <source>Importance data (*.gguf);;Importance data, older format (*.dat)</source>
        <translation>Wichtigkeitsdaten (*.gguf);;Wichtigkeitsdaten, älteres Format (*.dat)</translation>
    </message>
    <message>
        <source>Open a model to run it on a text.</source>
        <translation>Ein Modell öffnen, um es an einem Text laufen zu lassen.</translation>
    </message>
    <message>
        <source>Looking whether this model can be run…</source>
        <translation>Es wird nachgesehen, ob dieses Modell laufen kann…</translation>
    </message>
    <message>
        <source>%1 tokens/s</source>
        <translation>%1 Tokens/s</translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation>noch %1</translation>
    </message>
    <message>
        <source>Then: %1</source>
        <translation>Danach: %1</translation>
    </message>
    <message>
        <source>Evaluate the plan to see what it does to the model&apos;s predictions: the model itself is run on the text, layer by layer.</source>
        <translation>Den Plan bewerten, um zu sehen, was er mit den Vorhersagen des Modells macht: Das Modell selbst läuft an dem Text, Schicht für Schicht.</translation>
    </message>
    <message>
        <source>Open a model to see what a plan does to its predictions.</source>
        <translation>Ein Modell öffnen, um zu sehen, was ein Plan mit seinen Vorhersagen macht.</translation>
    </message>
    <message>
        <source>so far: %1 of %2 windows</source>
        <translation>bisher %1 von %2 Fenstern</translation>
    </message>
    <message>
        <source>of an earlier plan: it was edited since</source>
        <translation>von einem früheren Plan: er wurde seitdem geändert</translation>
    </message>
    <message numerus="yes">
        <source>%n windows taken over from an interrupted run</source>
        <translation>
            <numerusform>ein Fenster aus einem unterbrochenen Lauf übernommen</numerusform>
            <numerusform>%n Fenster aus einem unterbrochenen Lauf übernommen</numerusform>
        </translation>
    </message>
    <message>
        <source>what is finished cannot be kept: %1</source>
        <translation>was fertig ist, kann nicht aufgehoben werden: %1</translation>
    </message>
    <message>
        <source>the model as it is stored</source>
        <translation>das Modell, wie es gespeichert ist</translation>
    </message>
    <message>
        <source>Plan against %1, on %2</source>
        <translation>Plan gegen %1, an: %2</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::Evaluations</name>
    <message numerus="yes">
        <source>%1, %n layers; %2</source>
        <translation>
            <numerusform>%1, eine Schicht; %2</numerusform>
            <numerusform>%1, %n Schichten; %2</numerusform>
        </translation>
    </message>
    <message>
        <source>Evaluating the plan on %1</source>
        <translation>Bewertung des Plans an: %1</translation>
    </message>
    <message>
        <source>Evaluating the plan against %1 on %2</source>
        <translation>Bewertung des Plans gegen %1 an: %2</translation>
    </message>
    <message>
        <source>Measuring sensitivity on %1</source>
        <translation>Messung der Empfindlichkeit an: %1</translation>
    </message>
    <message>
        <source>Collecting importance on %1</source>
        <translation>Sammeln der Wichtigkeit an: %1</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::ExportDialog</name>
    <message>
        <source>S&amp;plit into parts of at most</source>
        <translation>In &amp;Teile aufteilen, höchstens je</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>&amp;File:</source>
        <translation>&amp;Datei:</translation>
    </message>
    <message>
        <source>&amp;Browse…</source>
        <translation>D&amp;urchsuchen…</translation>
    </message>
    <message>
        <source> GiB</source>
        <translation> GiB</translation>
    </message>
    <message>
        <source>Largest size of a part</source>
        <translation>Größte Größe eines Teils</translation>
    </message>
    <message>
        <source>Automatic (%1)</source>
        <translation>Automatisch (%1)</translation>
    </message>
    <message>
        <source>The result is the same for any number of threads</source>
        <translation>Das Ergebnis ist für jede Anzahl von Threads gleich</translation>
    </message>
    <message>
        <source>&amp;Memory limit:</source>
        <translation>&amp;Speichergrenze:</translation>
    </message>
    <message>
        <source> MiB</source>
        <translation> MiB</translation>
    </message>
    <message>
        <source>For work in progress, beyond the mapped model file</source>
        <translation>Für laufende Arbeit, zusätzlich zur eingeblendeten Modelldatei</translation>
    </message>
    <message>
        <source>Types that will be written</source>
        <translation>Typen, die geschrieben werden</translation>
    </message>
    <message>
        <source>What the export takes</source>
        <translation>Was der Export braucht</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>working it out…</source>
        <translation>wird ermittelt…</translation>
    </message>
    <message numerus="yes">
        <source>%n te&amp;nsors get another type than asked for:</source>
        <translation>
            <numerusform>%n Te&amp;nsor erhält einen anderen Typ als verlangt:</numerusform>
            <numerusform>%n Te&amp;nsoren erhalten einen anderen Typ als verlangt:</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n te&amp;nsors cannot be written yet:</source>
        <translation>
            <numerusform>%n Te&amp;nsor kann noch nicht geschrieben werden:</numerusform>
            <numerusform>%n Te&amp;nsoren können noch nicht geschrieben werden:</numerusform>
        </translation>
    </message>
    <message>
        <source>&amp;Export</source>
        <translation>E&amp;xportieren</translation>
    </message>
    <message>
        <source>Export to</source>
        <translation>Exportieren nach</translation>
    </message>
    <message>
        <source>GGUF models (*.gguf)</source>
        <translation>GGUF-Modelle (*.gguf)</translation>
    </message>
    <message>
        <source>Enter the name of the file to write.</source>
        <translation>Bitte den Namen der zu schreibenden Datei eingeben.</translation>
    </message>
    <message>
        <source>An export to this file is running or waiting already.</source>
        <translation>Ein Export in diese Datei läuft oder wartet bereits.</translation>
    </message>
    <message>
        <source>unknown</source>
        <translation>unbekannt</translation>
    </message>
    <message>
        <source>%1 (%2 bytes)</source>
        <translation>%1 (%2 Bytes)</translation>
    </message>
    <message>
        <source>Files</source>
        <translation>Dateien</translation>
    </message>
    <message>
        <source>Free space</source>
        <translation>Freier Platz</translation>
    </message>
    <message>
        <source>the folder does not exist</source>
        <translation>den Ordner gibt es nicht</translation>
    </message>
    <message>
        <source>Expected time</source>
        <translation>Voraussichtliche Zeit</translation>
    </message>
    <message>
        <source>about %1</source>
        <translation>etwa %1</translation>
    </message>
    <message>
        <source>From the exports before; rough the first time</source>
        <translation>Aus früheren Exporten; beim ersten Mal grob</translation>
    </message>
    <message>
        <source>The file exists. It is replaced when the export is complete.</source>
        <translation>Die Datei gibt es schon. Sie wird ersetzt, wenn der Export vollständig ist.</translation>
    </message>
    <message>
        <source>The quality suffers without importance data: %1.</source>
        <translation>Ohne Wichtigkeitsdaten leidet die Qualität: %1.</translation>
    </message>
    <message>
        <source>Change how the weights are encoded</source>
        <translation>Ändern, wie die Gewichte kodiert werden</translation>
    </message>
    <message>
        <source>&amp;Importance data, %1:</source>
        <translation>Ge&amp;wichtungsdaten, %1:</translation>
    </message>
    <message>
        <source>What the engine makes of it</source>
        <translation>Was das Programm damit macht</translation>
    </message>
    <message>
        <source>Mo&amp;re settings</source>
        <translation>Weitere E&amp;instellungen</translation>
    </message>
    <message>
        <source>Threa&amp;ds:</source>
        <translation>Th&amp;reads:</translation>
    </message>
    <message>
        <source>Folder to write</source>
        <translation>Zu schreibender Ordner</translation>
    </message>
    <message>
        <source>New folder (*)</source>
        <translation>Neuer Ordner (*)</translation>
    </message>
    <message>
        <source>the plan quantizes no matrix of a layer</source>
        <translation>der Plan quantisiert keine Matrix einer Schicht</translation>
    </message>
    <message>
        <source>&amp;Folder:</source>
        <translation>&amp;Ordner:</translation>
    </message>
    <message>
        <source>Otherwise files of at most 5 GB</source>
        <translation>Sonst Dateien von höchstens 5 GB</translation>
    </message>
    <message>
        <source>Enter the name of the folder to write.</source>
        <translation>Bitte den Namen des zu schreibenden Ordners eingeben.</translation>
    </message>
    <message>
        <source>Memory to run it</source>
        <translation>Speicher zum Betrieb</translation>
    </message>
    <message>
        <source>%1 with %2 tokens</source>
        <translation>%1 bei %2 Tokens</translation>
    </message>
    <message>
        <source>%1 would not run this. The list says why and what to do.</source>
        <translation>%1 würde das nicht ausführen. Die Liste sagt, warum und was zu tun ist.</translation>
    </message>
    <message>
        <source>Go on with the interr&amp;upted export of the same name</source>
        <translation>Den unterbrochenen Export gleichen Namens fortset&amp;zen</translation>
    </message>
    <message>
        <source>Most of it for the method, from its operations; rough</source>
        <translation>Das meiste für das Verfahren, nach dessen Rechenschritten; grob</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::ExportTypesModel</name>
    <message>
        <source>%1</source>
        <translation>%1</translation>
    </message>
    <message>
        <source>%1, as stored</source>
        <translation>%1, wie gespeichert</translation>
    </message>
    <message>
        <source>%1, %2 of them as stored</source>
        <translation>%1, davon %2 wie gespeichert</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>Typ</translation>
    </message>
    <message>
        <source>Tensors</source>
        <translation>Tensoren</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::FactsModel</name>
    <message>
        <source>Figure</source>
        <translation>Angabe</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Wert</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::FiguresModel</name>
    <message>
        <source>In nats per token, of the original&apos;s predictions from these</source>
        <translation>In Nat je Token, der Vorhersagen des Originals von diesen</translation>
    </message>
    <message>
        <source>Perplexity</source>
        <translation>Perplexität</translation>
    </message>
    <message>
        <source>How many tokens the model hesitates between, on average; the smaller the better</source>
        <translation>Zwischen wie vielen Tokens das Modell im Mittel schwankt; je kleiner, desto besser</translation>
    </message>
    <message>
        <source>Perplexity of the original</source>
        <translation>Perplexität des Originals</translation>
    </message>
    <message>
        <source>Change of perplexity</source>
        <translation>Änderung der Perplexität</translation>
    </message>
    <message>
        <source>From the paired differences: more exact than the two perplexities are</source>
        <translation>Aus den paarweisen Unterschieden: genauer, als es die beiden Perplexitäten sind</translation>
    </message>
    <message>
        <source>KL divergence, mean</source>
        <translation>KL-Divergenz, Mittel</translation>
    </message>
    <message>
        <source>KL divergence, median</source>
        <translation>KL-Divergenz, Median</translation>
    </message>
    <message>
        <source>KL divergence, 90 %</source>
        <translation>KL-Divergenz, 90 %</translation>
    </message>
    <message>
        <source>Nine of ten tokens are below</source>
        <translation>Neun von zehn Tokens liegen darunter</translation>
    </message>
    <message>
        <source>KL divergence, 99 %</source>
        <translation>KL-Divergenz, 99 %</translation>
    </message>
    <message>
        <source>All but one of a hundred tokens are below</source>
        <translation>Alle bis auf eines von hundert Tokens liegen darunter</translation>
    </message>
    <message>
        <source>KL divergence, 99.9 %</source>
        <translation>KL-Divergenz, 99,9 %</translation>
    </message>
    <message>
        <source>All but one of a thousand tokens are below</source>
        <translation>Alle bis auf eines von tausend Tokens liegen darunter</translation>
    </message>
    <message>
        <source>KL divergence, largest</source>
        <translation>KL-Divergenz, größte</translation>
    </message>
    <message>
        <source>Same most likely token</source>
        <translation>Gleiches wahrscheinlichstes Token</translation>
    </message>
    <message>
        <source>Share of tokens where both would say the same</source>
        <translation>Anteil der Tokens, bei denen beide dasselbe sagen würden</translation>
    </message>
    <message>
        <source>Right token&apos;s probability, mean change</source>
        <translation>Wahrscheinlichkeit des richtigen Tokens, mittlere Änderung</translation>
    </message>
    <message>
        <source>Right token&apos;s probability, RMS change</source>
        <translation>Wahrscheinlichkeit des richtigen Tokens, RMS-Änderung</translation>
    </message>
    <message>
        <source>Tokens judged</source>
        <translation>Bewertete Tokens</translation>
    </message>
    <message>
        <source>The second half of each window; the first half only gives context</source>
        <translation>Die zweite Hälfte jedes Fensters; die erste Hälfte gibt nur Zusammenhang</translation>
    </message>
    <message>
        <source>Windows</source>
        <translation>Fenster</translation>
    </message>
    <message>
        <source>Tokens in a window</source>
        <translation>Tokens in einem Fenster</translation>
    </message>
    <message>
        <source>95 % confidence interval</source>
        <translation>95-%-Konfidenzintervall</translation>
    </message>
    <message>
        <source>Figure</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Wert</translation>
    </message>
    <message>
        <source>At least</source>
        <translation>Mindestens</translation>
    </message>
    <message>
        <source>At most</source>
        <translation>Höchstens</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::FindingsModel</name>
    <message>
        <source>%1.
%2.
%3</source>
        <translation>%1.
%2.
%3</translation>
    </message>
    <message>
        <source>Problem</source>
        <translation>Problem</translation>
    </message>
    <message>
        <source>Warning</source>
        <translation>Warnung</translation>
    </message>
    <message>
        <source>Hint</source>
        <translation>Hinweis</translation>
    </message>
    <message>
        <source>Severity</source>
        <translation>Schwere</translation>
    </message>
    <message>
        <source>What</source>
        <translation>Was</translation>
    </message>
    <message>
        <source>Where</source>
        <translation>Wo</translation>
    </message>
    <message>
        <source>What to do</source>
        <translation>Was tun</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::FindingsPanel</name>
    <message>
        <source>&amp;Read all weights</source>
        <translation>Alle Gewichte &amp;lesen</translation>
    </message>
    <message>
        <source>Looks for NaN, infinities, constant tensors and rows, and tensors with the same content.</source>
        <translation>Sucht nach NaN, Unendlich, konstanten Tensoren und Zeilen sowie Tensoren mit gleichem Inhalt.</translation>
    </message>
    <message>
        <source>What deserves attention</source>
        <translation>Was Aufmerksamkeit verdient</translation>
    </message>
    <message>
        <source>&amp;Go there</source>
        <translation>&amp;Dorthin</translation>
    </message>
    <message>
        <source>Reading weights</source>
        <translation>Gewichte werden gelesen</translation>
    </message>
    <message>
        <source>Findings</source>
        <translation>Befunde</translation>
    </message>
    <message>
        <source>Findings (%1)</source>
        <translation>Befunde (%1)</translation>
    </message>
    <message>
        <source>&amp;Problems (%1)</source>
        <translation>&amp;Probleme (%1)</translation>
    </message>
    <message>
        <source>&amp;Warnings (%1)</source>
        <translation>&amp;Warnungen (%1)</translation>
    </message>
    <message>
        <source>&amp;Hints (%1)</source>
        <translation>&amp;Hinweise (%1)</translation>
    </message>
    <message>
        <source>The weights themselves were not read yet.</source>
        <translation>Die Gewichte selbst wurden noch nicht gelesen.</translation>
    </message>
    <message>
        <source>Open a model to see what deserves attention.</source>
        <translation>Ein Modell öffnen, um zu sehen, was Aufmerksamkeit verdient.</translation>
    </message>
    <message>
        <source>Nothing of the chosen severities.</source>
        <translation>Nichts in den gewählten Schweregraden.</translation>
    </message>
    <message>
        <source>Nothing found: header, types and weights are sound.</source>
        <translation>Nichts gefunden: Kopf, Typen und Gewichte sind in Ordnung.</translation>
    </message>
    <message>
        <source>Nothing found in header and types.</source>
        <translation>Nichts in Kopf und Typen gefunden.</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::FitBudgetBox</name>
    <message>
        <source>A file size</source>
        <translation>Eine Dateigröße</translation>
    </message>
    <message>
        <source>Bits per weight</source>
        <translation>Bits pro Gewicht</translation>
    </message>
    <message>
        <source>A device</source>
        <translation>Ein Gerät</translation>
    </message>
    <message>
        <source>An error limit</source>
        <translation>Eine Fehlergrenze</translation>
    </message>
    <message>
        <source>The size of a preset</source>
        <translation>Die Größe einer Voreinstellung</translation>
    </message>
    <message>
        <source>&amp;Fit to</source>
        <translation>&amp;Anpassen an</translation>
    </message>
    <message>
        <source>File size, from the smallest possible to the largest of use</source>
        <translation>Dateigröße, von der kleinstmöglichen bis zur größten sinnvollen</translation>
    </message>
    <message>
        <source>The largest file, such as 38 GB (powers of 1000) or 35 GiB (powers of 1024)</source>
        <translation>Die größte Datei, etwa 38 GB (Potenzen von 1000) oder 35 GiB (Potenzen von 1024)</translation>
    </message>
    <message>
        <source>&amp;Largest file</source>
        <translation>&amp;Größte Datei</translation>
    </message>
    <message>
        <source>Of all tensors together, scales and padding included</source>
        <translation>Über alle Tensoren zusammen, Skalen und Auffüllung eingeschlossen</translation>
    </message>
    <message>
        <source>&amp;Bits per weight, at most</source>
        <translation>&amp;Bits pro Gewicht, höchstens</translation>
    </message>
    <message>
        <source>Device, or an amount such as 24 GiB</source>
        <translation>Gerät oder eine Menge wie 24 GiB</translation>
    </message>
    <message>
        <source>Type part of a name, or an amount of memory such as 24 GiB</source>
        <translation>Einen Teil des Namens oder eine Speichermenge wie 24 GiB eingeben</translation>
    </message>
    <message>
        <source>%1 MiB</source>
        <translation>%1 MiB</translation>
    </message>
    <message>
        <source>All of them together: %1</source>
        <translation>Alle zusammen: %1</translation>
    </message>
    <message>
        <source>&amp;Device</source>
        <translation>Ge&amp;rät</translation>
    </message>
    <message>
        <source>&amp;Number of them</source>
        <translation>A&amp;nzahl</translation>
    </message>
    <message>
        <source>&amp;Context length</source>
        <translation>&amp;Kontextlänge</translation>
    </message>
    <message>
        <source>Cache type of &amp;keys</source>
        <translation>Cache-Typ der Ke&amp;ys</translation>
    </message>
    <message>
        <source>Cache type of &amp;values</source>
        <translation>Cache-Typ der &amp;Values</translation>
    </message>
    <message>
        <source>&amp;Parallel sequences</source>
        <translation>&amp;Parallele Sequenzen</translation>
    </message>
    <message>
        <source> %</source>
        <translation> %</translation>
    </message>
    <message>
        <source>Relative RMS error of the whole model, a proxy; the smallest file is sought</source>
        <translation>Relativer RMS-Fehler des ganzen Modells, ein Näherungswert; gesucht wird die kleinste Datei</translation>
    </message>
    <message>
        <source>&amp;Error, at most</source>
        <translation>&amp;Fehler, höchstens</translation>
    </message>
    <message>
        <source>The file is at most as large as the preset&apos;s</source>
        <translation>Die Datei ist höchstens so groß wie die der Voreinstellung</translation>
    </message>
    <message>
        <source>&amp;Preset</source>
        <translation>&amp;Voreinstellung</translation>
    </message>
    <message>
        <source>“%1” is no size; examples: 38 GB, 35 GiB</source>
        <translation>„%1“ ist keine Größe; Beispiele: 38 GB, 35 GiB</translation>
    </message>
    <message>
        <source>Choose a device, or type an amount of memory such as 24 GiB</source>
        <translation>Ein Gerät wählen oder eine Speichermenge wie 24 GiB eingeben</translation>
    </message>
    <message>
        <source>From %1 (%2 bits) to %3 (%4 bits)</source>
        <translation>Von %1 (%2 Bits) bis %3 (%4 Bits)</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::FitConstraintsBox</name>
    <message>
        <source>&amp;Types</source>
        <translation>&amp;Typen</translation>
    </message>
    <message>
        <source>At lea&amp;st</source>
        <translation>Mindeste&amp;ns</translation>
    </message>
    <message>
        <source>To&amp;gether and kept</source>
        <translation>&amp;Zusammen und behalten</translation>
    </message>
    <message>
        <source>Types to choose from</source>
        <translation>Typen zur Auswahl</translation>
    </message>
    <message>
        <source>T&amp;ypes to choose from:</source>
        <translation>T&amp;ypen zur Auswahl:</translation>
    </message>
    <message>
        <source>%1 – %2 bits</source>
        <translation>%1 – %2 Bits</translation>
    </message>
    <message>
        <source>%1, meant for importance data</source>
        <translation>%1, gedacht für Wichtigkeitsdaten</translation>
    </message>
    <message>
        <source>&amp;Usual types</source>
        <translation>Ü&amp;bliche Typen</translation>
    </message>
    <message>
        <source>Those that serve well without importance data, and every tensor as it is stored</source>
        <translation>Typen, die ohne Wichtigkeitsdaten gut dienen, und jeder Tensor wie gespeichert</translation>
    </message>
    <message>
        <source>Least type by role</source>
        <translation>Mindesttyp nach Rolle</translation>
    </message>
    <message>
        <source>Role</source>
        <translation>Rolle</translation>
    </message>
    <message>
        <source>At least</source>
        <translation>Mindestens</translation>
    </message>
    <message>
        <source>Least type: %1</source>
        <translation>Mindesttyp: %1</translation>
    </message>
    <message>
        <source>any</source>
        <translation>beliebig</translation>
    </message>
    <message>
        <source>Regular expressions on GGUF names; the type&apos;s bits per weight are the least</source>
        <translation>Reguläre Ausdrücke für GGUF-Namen; die Bits pro Gewicht des Typs sind das Mindeste</translation>
    </message>
    <message>
        <source>By na&amp;me, one NAME=TYPE per line:</source>
        <translation>Nach Na&amp;me, je Zeile NAME=TYP:</translation>
    </message>
    <message>
        <source>&amp;Query, key and value of a layer</source>
        <translation>&amp;Query, Key und Value einer Schicht</translation>
    </message>
    <message>
        <source>Gate and &amp;up of a layer</source>
        <translation>Gate und &amp;Up einer Schicht</translation>
    </message>
    <message>
        <source>All e&amp;xperts of a layer</source>
        <translation>Alle E&amp;xperten einer Schicht</translation>
    </message>
    <message>
        <source>The selected tensors (none is)</source>
        <translation>Die ausgewählten Tensoren (keiner)</translation>
    </message>
    <message numerus="yes">
        <source>The %n selected tensors</source>
        <translation>
            <numerusform>Den %n ausgewählten Tensor</numerusform>
            <numerusform>Die %n ausgewählten Tensoren</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The %n tensors that were kept last time</source>
        <translation>
            <numerusform>Den %n Tensor, der letztes Mal behalten wurde</numerusform>
            <numerusform>Die %n Tensoren, die letztes Mal behalten wurden</numerusform>
        </translation>
    </message>
    <message>
        <source>Tensors whose na&amp;me matches:</source>
        <translation>Tensoren, deren Na&amp;me passt:</translation>
    </message>
    <message>
        <source>Get the same type:</source>
        <translation>Erhalten denselben Typ:</translation>
    </message>
    <message>
        <source>Keep the type they have in the plan:</source>
        <translation>Behalten ihren Typ aus dem Plan:</translation>
    </message>
    <message>
        <source>Allow at least one type</source>
        <translation>Mindestens einen Typ erlauben</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::FitDialog</name>
    <message>
        <source>Fit to a budget</source>
        <translation>An ein Budget anpassen</translation>
    </message>
    <message>
        <source>Measuring errors: %v of %m</source>
        <translation>Fehler werden gemessen: %v von %m</translation>
    </message>
    <message>
        <source>Errors measured</source>
        <translation>Gemessene Fehler</translation>
    </message>
    <message>
        <source>Cha&amp;nges against the plan as it is:</source>
        <translation>Ä&amp;nderungen gegenüber dem jetzigen Plan:</translation>
    </message>
    <message>
        <source>&amp;Adopt plan</source>
        <translation>Plan &amp;übernehmen</translation>
    </message>
    <message>
        <source>File of %1 (%2 bytes), %3 bits per weight; weights on a device %4.</source>
        <translation>Datei von %1 (%2 Bytes), %3 Bits pro Gewicht; Gewichte auf einem Gerät %4.</translation>
    </message>
    <message>
        <source>%1 of %2 bytes are left.</source>
        <translation>%1 von %2 Bytes bleiben übrig.</translation>
    </message>
    <message>
        <source>%1 Estimated from samples so far.</source>
        <translation>%1 Bisher aus Stichproben geschätzt.</translation>
    </message>
    <message>
        <source>The plan as it is: %1, error %2 (%3).</source>
        <translation>Der jetzige Plan: %1, Fehler %2 (%3).</translation>
    </message>
    <message>
        <source>The squared error is at most %1 % above the best possible for this size.</source>
        <translation>Der quadratische Fehler liegt höchstens %1 % über dem bestmöglichen für diese Größe.</translation>
    </message>
    <message>
        <source>The best plan is shown as soon as the errors of all types are known from samples.</source>
        <translation>Der beste Plan erscheint, sobald die Fehler aller Typen aus Stichproben bekannt sind.</translation>
    </message>
    <message>
        <source>Fit to %1</source>
        <translation>An %1 anpassen</translation>
    </message>
    <message>
        <source>plan-changes</source>
        <translation>plan-aenderungen</translation>
    </message>
    <message>
        <source>Changes against the plan as it is</source>
        <translation>Änderungen gegenüber dem Plan, wie er ist</translation>
    </message>
    <message>
        <source>C&amp;heck for real…</source>
        <translation>In &amp;echt prüfen…</translation>
    </message>
    <message>
        <source>How much the error of each tensor counts: measured on a text instead of guessed by role and place. The page Evaluation measures it.</source>
        <translation>Wie viel der Fehler jedes Tensors zählt: an einem Text gemessen statt nach Rolle und Ort geraten. Die Seite Bewertung misst es.</translation>
    </message>
    <message>
        <source>Runs the best plans of this budget on a text and offers the one that does best</source>
        <translation>Lässt die besten Pläne dieses Budgets an einem Text laufen und bietet den besten davon an</translation>
    </message>
    <message>
        <source>&amp;Weigh errors as measured on %1</source>
        <translation>Fehler ge&amp;wichten wie gemessen an: %1</translation>
    </message>
    <message>
        <source>&amp;Weigh errors as measured (not measured yet)</source>
        <translation>Fehler ge&amp;wichten wie gemessen (noch nicht gemessen)</translation>
    </message>
    <message>
        <source>Error %1 (%2)</source>
        <translation>Fehler %1 (%2)</translation>
    </message>
    <message>
        <source>%1: weighted by importance; matrices count by role and place.</source>
        <translation>%1: nach Wichtigkeit gewichtet; Matrizen zählen nach Rolle und Ort.</translation>
    </message>
    <message>
        <source>%1: a proxy by role and place, no importance data.</source>
        <translation>%1: ein Ersatzmaß nach Rolle und Ort, ohne Wichtigkeitsdaten.</translation>
    </message>
    <message>
        <source>%1, weighed as measured on %2: a KL divergence of about %3.</source>
        <translation>%1, gewichtet wie gemessen an %2: eine KL-Divergenz von etwa %3.</translation>
    </message>
    <message>
        <source>%1, weighed as measured on %2.</source>
        <translation>%1, gewichtet wie gemessen an %2.</translation>
    </message>
    <message>
        <source>Fit to %1, checked</source>
        <translation>Anpassen an %1, geprüft</translation>
    </message>
    <message>
        <source>&amp;Weigh errors as measured (not with these importance data)</source>
        <translation>Fehler ge&amp;wichten wie gemessen (mit anderen Wichtigkeitsdaten)</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::HistogramPlot</name>
    <message>
        <source>As stored</source>
        <translation>Wie gespeichert</translation>
    </message>
    <message>
        <source>Value of the weight</source>
        <translation>Wert des Gewichts</translation>
    </message>
    <message>
        <source>Weights per bin</source>
        <translation>Gewichte je Klasse</translation>
    </message>
    <message>
        <source>Histogram of the weights</source>
        <translation>Histogramm der Gewichte</translation>
    </message>
    <message>
        <source>Quantized to %1</source>
        <translation>Quantisiert nach %1</translation>
    </message>
    <message>
        <source>%1 to %2</source>
        <translation>%1 bis %2</translation>
    </message>
    <message>
        <source>%1: %2 weights</source>
        <translation>%1: %2 Gewichte</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::ImportanceText</name>
    <message>
        <source>encoded with importance</source>
        <translation>mit Gewichtung kodiert</translation>
    </message>
    <message>
        <source>experts that were never reached are encoded with all channels alike</source>
        <translation>nie erreichte Experten werden mit gleich gewichteten Kanälen kodiert</translation>
    </message>
    <message>
        <source>not in the data: encoded without importance</source>
        <translation>nicht in den Daten: ohne Gewichtung kodiert</translation>
    </message>
    <message>
        <source>of another size in the data: encoded without importance</source>
        <translation>in den Daten von anderer Größe: ohne Gewichtung kodiert</translation>
    </message>
    <message>
        <source>not numbers or negative in the data: encoded without importance</source>
        <translation>in den Daten negativ oder keine Zahlen: ohne Gewichtung kodiert</translation>
    </message>
    <message>
        <source>written as floats, where there is nothing to weigh</source>
        <translation>als Gleitkommazahlen geschrieben, wo es nichts zu gewichten gibt</translation>
    </message>
    <message>
        <source>not quantized: importance does not matter</source>
        <translation>nicht quantisiert: Gewichtung ist ohne Belang</translation>
    </message>
    <message numerus="yes">
        <source>%n tensor(s): %1</source>
        <translation>
            <numerusform>%n Tensor: %1</numerusform>
            <numerusform>%n Tensoren: %1</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n name(s) in the data are not in this model (%1)</source>
        <translation>
            <numerusform>%n Name in den Daten ist nicht in diesem Modell (%1)</numerusform>
            <numerusform>%n Namen in den Daten sind nicht in diesem Modell (%1)</numerusform>
        </translation>
    </message>
    <message>
        <source>%1: %2 of %3 quantized tensors</source>
        <translation>%1: %2 von %3 quantisierten Tensoren</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::JobStrip</name>
    <message>
        <source>Stop</source>
        <translation>Anhalten</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::JobTableModel</name>
    <message>
        <source>Waiting</source>
        <translation>Wartet</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>Läuft</translation>
    </message>
    <message>
        <source>Stopping</source>
        <translation>Hält an</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>Fertig</translation>
    </message>
    <message>
        <source>Failed</source>
        <translation>Fehlgeschlagen</translation>
    </message>
    <message>
        <source>Cancelled</source>
        <translation>Abgebrochen</translation>
    </message>
    <message>
        <source>%1 % of %2</source>
        <translation>%1 % von %2</translation>
    </message>
    <message>
        <source>%1/s</source>
        <translation>%1/s</translation>
    </message>
    <message>
        <source>took %1</source>
        <translation>dauerte %1</translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation>noch %1</translation>
    </message>
    <message>
        <source>about %1</source>
        <translation>etwa %1</translation>
    </message>
    <message>
        <source>File</source>
        <translation>Datei</translation>
    </message>
    <message>
        <source>State</source>
        <translation>Zustand</translation>
    </message>
    <message>
        <source>Written</source>
        <translation>Geschrieben</translation>
    </message>
    <message>
        <source>Rate</source>
        <translation>Rate</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>%1 % of the layers</source>
        <translation>%1 % der Schichten</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::JobsPanel</name>
    <message>
        <source>&amp;Cancel</source>
        <translation>&amp;Abbrechen</translation>
    </message>
    <message>
        <source>Res&amp;ume</source>
        <translation>&amp;Fortsetzen</translation>
    </message>
    <message>
        <source>Remo&amp;ve from list</source>
        <translation>Aus der &amp;Liste entfernen</translation>
    </message>
    <message>
        <source>Show in &amp;folder</source>
        <translation>Im &amp;Ordner zeigen</translation>
    </message>
    <message>
        <source>&amp;Open result</source>
        <translation>&amp;Ergebnis öffnen</translation>
    </message>
    <message>
        <source>No exports yet. Choose types for the tensors, then File, Export.</source>
        <translation>Noch keine Exporte. Typen für die Tensoren wählen, dann Datei, Exportieren.</translation>
    </message>
    <message>
        <source>Exports</source>
        <translation>Exporte</translation>
    </message>
    <message>
        <source>Goes on where the export stopped</source>
        <translation>Macht dort weiter, wo der Export anhielt</translation>
    </message>
    <message>
        <source>Waits for the exports before it.</source>
        <translation>Wartet auf die Exporte davor.</translation>
    </message>
    <message>
        <source>Starting…</source>
        <translation>Beginnt…</translation>
    </message>
    <message>
        <source>%1
%2 of %3 written</source>
        <translation>%1
%2 von %3 geschrieben</translation>
    </message>
    <message>
        <source>Stopping…</source>
        <translation>Hält an…</translation>
    </message>
    <message>
        <source>Cancelled. The target is as it was before. “Resume” goes on where the export stopped.</source>
        <translation>Abgebrochen. Das Ziel ist, wie es vorher war. „Fortsetzen“ macht dort weiter, wo der Export anhielt.</translation>
    </message>
    <message>
        <source>Reading the calibration text…</source>
        <translation>Der Kalibriertext wird gelesen…</translation>
    </message>
    <message>
        <source>Quantizing layer by layer on the calibration text: %1</source>
        <translation>Schicht für Schicht wird am Kalibriertext quantisiert: %1</translation>
    </message>
    <message>
        <source>Layer %1 of %2: largest error %3</source>
        <translation>Schicht %1 von %2: größter Fehler %3</translation>
    </message>
    <message>
        <source>%1
%2 % of writing and checking</source>
        <translation>%1
%2 % von Schreiben und Prüfen</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::LayerPlot</name>
    <message>
        <source>Layer</source>
        <translation>Schicht</translation>
    </message>
    <message>
        <source>One line per role over the layers</source>
        <translation>Eine Linie je Rolle über die Schichten</translation>
    </message>
    <message>
        <source>%1 in %</source>
        <translation>%1 in %</translation>
    </message>
    <message>
        <source>%1 in dB</source>
        <translation>%1 in dB</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::LoadFindingsModel</name>
    <message>
        <source>Cannot be written: %1</source>
        <translation>Nicht zu schreiben: %1</translation>
    </message>
    <message>
        <source>%1 does not load it: %2</source>
        <translation>%1 lädt es nicht: %2</translation>
    </message>
    <message>
        <source>%1 reads it wrongly: %2</source>
        <translation>%1 liest es falsch: %2</translation>
    </message>
    <message>
        <source>Good to know: %1</source>
        <translation>Gut zu wissen: %1</translation>
    </message>
    <message numerus="yes">
        <source>%n tensors, the first is %1</source>
        <translation>
            <numerusform>%n Tensor, nämlich %1</numerusform>
            <numerusform>%n Tensoren, der erste ist %1</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::MainWindow</name>
    <message>
        <source>Tensors</source>
        <translation>Tensoren</translation>
    </message>
    <message>
        <source>Error map</source>
        <translation>Fehlerkarte</translation>
    </message>
    <message>
        <source>Opening a model</source>
        <translation>Ein Modell wird geöffnet</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>Abbrechen</translation>
    </message>
    <message>
        <source>The model could not be opened</source>
        <translation>Das Modell konnte nicht geöffnet werden</translation>
    </message>
    <message>
        <source>%1[*] – Quantlathe</source>
        <translation>%1[*] – Quantlathe</translation>
    </message>
    <message>
        <source>Opening %1…</source>
        <translation>%1 wird geöffnet…</translation>
    </message>
    <message>
        <source>Compare with another model</source>
        <translation>Mit einem anderen Modell vergleichen</translation>
    </message>
    <message>
        <source>Model files (*.gguf *.safetensors *.safetensors.index.json);;All files (*)</source>
        <translation>Modelldateien (*.gguf *.safetensors *.safetensors.index.json);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Exports are running</source>
        <translation>Exporte laufen</translation>
    </message>
    <message numerus="yes">
        <source>%n exports are not finished. Stop them and close the window?</source>
        <translation>
            <numerusform>%n Export ist nicht fertig. Anhalten und das Fenster schließen?</numerusform>
            <numerusform>%n Exporte sind nicht fertig. Anhalten und das Fenster schließen?</numerusform>
        </translation>
    </message>
    <message>
        <source>What is written so far is kept, so that the same export can go on later.</source>
        <translation>Was bisher geschrieben ist, bleibt, sodass derselbe Export später weitergehen kann.</translation>
    </message>
    <message>
        <source>&amp;Stop and close</source>
        <translation>&amp;Anhalten und schließen</translation>
    </message>
    <message>
        <source>Open a model file</source>
        <translation>Modelldatei öffnen</translation>
    </message>
    <message>
        <source>Open a Hugging Face folder</source>
        <translation>Hugging-Face-Ordner öffnen</translation>
    </message>
    <message>
        <source>%1-recipe.json</source>
        <translation>%1-rezept.json</translation>
    </message>
    <message>
        <source>Save the recipe</source>
        <translation>Rezept speichern</translation>
    </message>
    <message>
        <source>Recipes (*.json)</source>
        <translation>Rezepte (*.json)</translation>
    </message>
    <message>
        <source>The recipe could not be saved</source>
        <translation>Das Rezept konnte nicht gespeichert werden</translation>
    </message>
    <message>
        <source>Recipe saved as %1</source>
        <translation>Rezept als %1 gespeichert</translation>
    </message>
    <message>
        <source>Load a recipe</source>
        <translation>Rezept laden</translation>
    </message>
    <message>
        <source>Recipes (*.json);;All files (*)</source>
        <translation>Rezepte (*.json);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>The recipe could not be loaded</source>
        <translation>Das Rezept konnte nicht geladen werden</translation>
    </message>
    <message>
        <source>Load recipe %1</source>
        <translation>Rezept %1 laden</translation>
    </message>
    <message>
        <source>Recipe %1 applied</source>
        <translation>Rezept %1 angewandt</translation>
    </message>
    <message>
        <source>Recipe applied</source>
        <translation>Rezept angewandt</translation>
    </message>
    <message numerus="yes">
        <source>It names %n tensors that this model does not have.</source>
        <translation>
            <numerusform>Es nennt %n Tensor, den dieses Modell nicht hat.</numerusform>
            <numerusform>Es nennt %n Tensoren, die dieses Modell nicht hat.</numerusform>
        </translation>
    </message>
    <message>
        <source>Export a tensor-type file for llama-quantize</source>
        <translation>Tensortypen-Datei für llama-quantize exportieren</translation>
    </message>
    <message>
        <source>tensor-types.txt</source>
        <translation>tensortypen.txt</translation>
    </message>
    <message>
        <source>Text files (*.txt)</source>
        <translation>Textdateien (*.txt)</translation>
    </message>
    <message>
        <source>The tensor-type file could not be written</source>
        <translation>Die Tensortypen-Datei konnte nicht geschrieben werden</translation>
    </message>
    <message>
        <source>Tensor types written to %1</source>
        <translation>Tensortypen nach %1 geschrieben</translation>
    </message>
    <message>
        <source>Import a tensor-type file of llama-quantize</source>
        <translation>Tensortypen-Datei von llama-quantize importieren</translation>
    </message>
    <message>
        <source>Text files (*.txt);;All files (*)</source>
        <translation>Textdateien (*.txt);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>The tensor-type file could not be read</source>
        <translation>Die Tensortypen-Datei konnte nicht gelesen werden</translation>
    </message>
    <message>
        <source>Import tensor types from %1</source>
        <translation>Tensortypen aus %1 importieren</translation>
    </message>
    <message>
        <source>Unsaved choices</source>
        <translation>Nicht gespeicherte Auswahl</translation>
    </message>
    <message>
        <source>The chosen types of %1 were changed and not saved as a recipe.</source>
        <translation>Die gewählten Typen von %1 wurden geändert und nicht als Rezept gespeichert.</translation>
    </message>
    <message>
        <source>The metadata of %1 were changed, perhaps its chosen types, too. A recipe holds the types only; metadata are kept by File, Save metadata.</source>
        <translation>Die Metadaten von %1 wurden geändert, vielleicht auch die gewählten Typen. Ein Rezept enthält nur die Typen; Metadaten sichert Datei, Metadaten speichern.</translation>
    </message>
    <message>
        <source>&amp;Save recipe…</source>
        <translation>&amp;Rezept speichern…</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>&amp;Open file…</source>
        <translation>&amp;Datei öffnen…</translation>
    </message>
    <message>
        <source>Open f&amp;older…</source>
        <translation>&amp;Ordner öffnen…</translation>
    </message>
    <message>
        <source>&amp;Recent files</source>
        <translation>&amp;Zuletzt geöffnet</translation>
    </message>
    <message>
        <source>Open s&amp;ample</source>
        <translation>&amp;Beispiel öffnen</translation>
    </message>
    <message>
        <source>&amp;Load recipe…</source>
        <translation>Rezept &amp;laden…</translation>
    </message>
    <message>
        <source>&amp;Import tensor-type file…</source>
        <translation>Tensortypen-Datei &amp;importieren…</translation>
    </message>
    <message>
        <source>Export &amp;tensor-type file…</source>
        <translation>&amp;Tensortypen-Datei exportieren…</translation>
    </message>
    <message>
        <source>Com&amp;pare with…</source>
        <translation>&amp;Vergleichen mit…</translation>
    </message>
    <message>
        <source>Save &amp;metadata…</source>
        <translation>&amp;Metadaten speichern…</translation>
    </message>
    <message>
        <source>&amp;Close model</source>
        <translation>Modell s&amp;chließen</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>B&amp;eenden</translation>
    </message>
    <message>
        <source>&amp;Clear the list</source>
        <translation>&amp;Liste leeren</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>&amp;Rückgängig</translation>
    </message>
    <message>
        <source>&amp;Redo</source>
        <translation>&amp;Wiederholen</translation>
    </message>
    <message>
        <source>Apply &amp;preset…</source>
        <translation>&amp;Voreinstellung anwenden…</translation>
    </message>
    <message>
        <source>&amp;Choose type at the cursor…</source>
        <translation>T&amp;yp an der Schreibmarke wählen…</translation>
    </message>
    <message>
        <source>&amp;Filter tensors</source>
        <translation>Tensoren &amp;filtern</translation>
    </message>
    <message>
        <source>Select &amp;all tensors</source>
        <translation>&amp;Alle Tensoren auswählen</translation>
    </message>
    <message>
        <source>&amp;Plan</source>
        <translation>&amp;Plan</translation>
    </message>
    <message>
        <source>&amp;Fit to a budget…</source>
        <translation>An ein &amp;Budget anpassen…</translation>
    </message>
    <message>
        <source>&amp;Trade-off of size and error</source>
        <translation>&amp;Abwägung von Größe und Fehler</translation>
    </message>
    <message>
        <source>&amp;Compare with another plan</source>
        <translation>Mit einem anderen Plan ver&amp;gleichen</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>Te&amp;nsors</source>
        <translation>&amp;Tensoren</translation>
    </message>
    <message>
        <source>Error &amp;map</source>
        <translation>Fehler&amp;karte</translation>
    </message>
    <message>
        <source>&amp;Reset layout</source>
        <translation>Anordnung &amp;zurücksetzen</translation>
    </message>
    <message>
        <source>Measure everything &amp;exactly</source>
        <translation>Alles &amp;genau messen</translation>
    </message>
    <message>
        <source>Goes on in the background until every tensor is measured in every type</source>
        <translation>Geht im Hintergrund weiter, bis jeder Tensor in jedem Typ gemessen ist</translation>
    </message>
    <message>
        <source>&amp;Delete kept measurements…</source>
        <translation>Aufbewahrte Messungen &amp;löschen…</translation>
    </message>
    <message>
        <source>&amp;Theme</source>
        <translation>Far&amp;ben</translation>
    </message>
    <message>
        <source>&amp;System</source>
        <translation>&amp;System</translation>
    </message>
    <message>
        <source>&amp;Light</source>
        <translation>&amp;Hell</translation>
    </message>
    <message>
        <source>&amp;Dark</source>
        <translation>&amp;Dunkel</translation>
    </message>
    <message>
        <source>Text si&amp;ze</source>
        <translation>Te&amp;xtgröße</translation>
    </message>
    <message>
        <source>&amp;Larger</source>
        <translation>&amp;Größer</translation>
    </message>
    <message>
        <source>&amp;Smaller</source>
        <translation>&amp;Kleiner</translation>
    </message>
    <message>
        <source>&amp;Normal</source>
        <translation>&amp;Normal</translation>
    </message>
    <message>
        <source>&amp;Full screen</source>
        <translation>&amp;Vollbild</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>&amp;Hilfe</translation>
    </message>
    <message>
        <source>&amp;About Quantlathe</source>
        <translation>Über &amp;Quantlathe</translation>
    </message>
    <message>
        <source>About &amp;Qt</source>
        <translation>Über Q&amp;t</translation>
    </message>
    <message>
        <source>Tool bar</source>
        <translation>Werkzeugleiste</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>Ordner öffnen</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>Rückgängig</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>Wiederholen</translation>
    </message>
    <message>
        <source>Preset</source>
        <translation>Voreinstellung</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>Anpassen</translation>
    </message>
    <message>
        <source>Save recipe</source>
        <translation>Rezept speichern</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>Delete kept measurements</source>
        <translation>Aufbewahrte Messungen löschen</translation>
    </message>
    <message>
        <source>Measured errors of opened models are kept in %1 (%2), so that they are there at once when a model is opened again. Delete them?</source>
        <translation>Gemessene Fehler geöffneter Modelle werden in %1 (%2) aufbewahrt, damit sie beim nächsten Öffnen des Modells sofort da sind. Löschen?</translation>
    </message>
    <message>
        <source>The measurements could not be deleted</source>
        <translation>Die Messungen konnten nicht gelöscht werden</translation>
    </message>
    <message>
        <source>About Quantlathe</source>
        <translation>Über Quantlathe</translation>
    </message>
    <message>
        <source>Shows how the weights of a neural network are distributed and what quantizing each tensor would cost, and writes quantized GGUF files.

Free software under the GNU General Public License, version 3 or later. No warranty.</source>
        <translation>Zeigt, wie die Gewichte eines neuronalen Netzes verteilt sind und was die Quantisierung jedes Tensors kosten würde, und schreibt quantisierte GGUF-Dateien.

Freie Software unter der GNU General Public License, Version 3 oder neuer. Ohne Gewährleistung.</translation>
    </message>
    <message>
        <source>In the recipe, but not in this model</source>
        <translation>Im Rezept, aber nicht in diesem Modell</translation>
    </message>
    <message>
        <source>In this model, but not in the recipe: kept as stored</source>
        <translation>In diesem Modell, aber nicht im Rezept: bleibt wie gespeichert</translation>
    </message>
    <message>
        <source>%1 does not fit: written as %2</source>
        <translation>%1 passt nicht: geschrieben als %2</translation>
    </message>
    <message>
        <source>The recipe %1 was applied to the tensors it shares with this model.</source>
        <translation>Das Rezept %1 wurde auf die Tensoren angewandt, die es mit diesem Modell gemeinsam hat.</translation>
    </message>
    <message numerus="yes">
        <source>%n tensors of this model are not in the recipe.</source>
        <translation>
            <numerusform>%n Tensor dieses Modells steht nicht im Rezept.</numerusform>
            <numerusform>%n Tensoren dieses Modells stehen nicht im Rezept.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensors are written in another type.</source>
        <translation>
            <numerusform>%n Tensor wird in einem anderen Typ geschrieben.</numerusform>
            <numerusform>%n Tensoren werden in einem anderen Typ geschrieben.</numerusform>
        </translation>
    </message>
    <message>
        <source>Tensor types imported</source>
        <translation>Tensortypen importiert</translation>
    </message>
    <message>
        <source>No tensor of this model matches this rule</source>
        <translation>Auf diese Regel passt kein Tensor dieses Modells</translation>
    </message>
    <message numerus="yes">
        <source>%n rules of %1 match no tensor of this model.</source>
        <translation>
            <numerusform>%n Regel aus %1 passt auf keinen Tensor dieses Modells.</numerusform>
            <numerusform>%n Regeln aus %1 passen auf keinen Tensor dieses Modells.</numerusform>
        </translation>
    </message>
    <message>
        <source>&amp;High contrast</source>
        <translation>Hoher &amp;Kontrast</translation>
    </message>
    <message>
        <source>Lan&amp;guage</source>
        <translation>S&amp;prache</translation>
    </message>
    <message>
        <source>The language changes when Quantlathe is started again.</source>
        <translation>Die Sprache wechselt beim nächsten Start von Quantlathe.</translation>
    </message>
    <message>
        <source>&amp;Best plan for these devices…</source>
        <translation>Bester Plan für diese Ge&amp;räte…</translation>
    </message>
    <message>
        <source>Importance data</source>
        <translation>Wichtigkeitsdaten</translation>
    </message>
    <message>
        <source>The recipe was made with these importance data; others are loaded</source>
        <translation>Das Rezept wurde mit diesen Wichtigkeitsdaten gemacht; geladen sind andere</translation>
    </message>
    <message>
        <source>The recipe was made with these importance data; none are loaded</source>
        <translation>Das Rezept wurde mit diesen Wichtigkeitsdaten gemacht; geladen sind keine</translation>
    </message>
    <message>
        <source>The recipe %1 was applied.</source>
        <translation>Das Rezept %1 wurde angewendet.</translation>
    </message>
    <message>
        <source>Load importance &amp;data…</source>
        <translation>Wic&amp;htigkeitsdaten laden…</translation>
    </message>
    <message>
        <source>&amp;Unload importance data</source>
        <translation>Ge&amp;wichtungsdaten entladen</translation>
    </message>
    <message>
        <source>%1 could not be used as importance data</source>
        <translation>%1 konnte nicht als Wichtigkeitsdaten verwendet werden</translation>
    </message>
    <message>
        <source>Load importance data</source>
        <translation>Wichtigkeitsdaten laden</translation>
    </message>
    <message>
        <source>Importance data (*.gguf *.dat *.imatrix);;All files (*)</source>
        <translation>Wichtigkeitsdaten (*.gguf *.dat *.imatrix);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>%1 holds importance data: open the model they belong to</source>
        <translation>%1 enthält Wichtigkeitsdaten: Öffnen Sie das Modell, zu dem sie gehören</translation>
    </message>
    <message>
        <source>Importance data unloaded</source>
        <translation>Wichtigkeitsdaten entladen</translation>
    </message>
    <message>
        <source>In the data, but not in this model</source>
        <translation>In den Daten, aber nicht in diesem Modell</translation>
    </message>
    <message numerus="yes">
        <source>Importance data of %n tensor(s) loaded from %1</source>
        <translation>
            <numerusform>Wichtigkeitsdaten für %n Tensor aus %1 geladen</numerusform>
            <numerusform>Wichtigkeitsdaten für %n Tensoren aus %1 geladen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>The importance data in %1 serve %n tensor(s) of this model. The others are encoded without, and experts that were never reached with all channels alike.</source>
        <translation>
            <numerusform>Die Wichtigkeitsdaten in %1 passen zu %n Tensor dieses Modells. Die anderen werden ohne sie kodiert, nie erreichte Experten mit gleich gewichteten Kanälen.</numerusform>
            <numerusform>Die Wichtigkeitsdaten in %1 passen zu %n Tensoren dieses Modells. Die anderen werden ohne sie kodiert, nie erreichte Experten mit gleich gewichteten Kanälen.</numerusform>
        </translation>
    </message>
    <message>
        <source>Evaluation</source>
        <translation>Bewertung</translation>
    </message>
    <message>
        <source>E&amp;valuation</source>
        <translation>Be&amp;wertung</translation>
    </message>
    <message>
        <source>&amp;Export…</source>
        <translation>E&amp;xportieren…</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::MapSource</name>
    <message>
        <source>Relative RMS error</source>
        <translation>Rel. RMS-Fehler</translation>
    </message>
    <message>
        <source>Signal to noise</source>
        <translation>Rauschabstand</translation>
    </message>
    <message>
        <source>Excess kurtosis</source>
        <translation>Exzess-Kurtosis</translation>
    </message>
    <message>
        <source>Share of outliers</source>
        <translation>Ausreißeranteil</translation>
    </message>
    <message>
        <source>Bits per weight</source>
        <translation>Bits pro Gewicht</translation>
    </message>
    <message>
        <source>Bytes</source>
        <translation>Bytes</translation>
    </message>
    <message>
        <source>No such tensor in this layer</source>
        <translation>Diesen Tensor gibt es in dieser Schicht nicht</translation>
    </message>
    <message numerus="yes">
        <source>%1 and %n more</source>
        <translation>
            <numerusform>%1 und %n weiterer</numerusform>
            <numerusform>%1 und %n weitere</numerusform>
        </translation>
    </message>
    <message>
        <source>%1, stored as %2, here as %3</source>
        <translation>%1, gespeichert als %2, hier als %3</translation>
    </message>
    <message>
        <source>The error is still being measured</source>
        <translation>Der Fehler wird noch gemessen</translation>
    </message>
    <message>
        <source>The error cannot be measured</source>
        <translation>Der Fehler kann nicht gemessen werden</translation>
    </message>
    <message>
        <source>Error about %1, with 95 % confidence %2 to %3 (from a sample)</source>
        <translation>Fehler etwa %1, mit 95 % Konfidenz %2 bis %3 (aus einer Stichprobe)</translation>
    </message>
    <message>
        <source>No error</source>
        <translation>Kein Fehler</translation>
    </message>
    <message>
        <source>Error %1 (all weights), %2</source>
        <translation>Fehler %1 (alle Gewichte), %2</translation>
    </message>
    <message>
        <source>Excess kurtosis %1, outliers %2</source>
        <translation>Exzess-Kurtosis %1, Ausreißer %2</translation>
    </message>
    <message>
        <source>%1 bits per weight, %2</source>
        <translation>%1 Bits pro Gewicht, %2</translation>
    </message>
    <message>
        <source>Importance-weighted error</source>
        <translation>Gewichteter Fehler</translation>
    </message>
    <message>
        <source>Weighted by importance %1</source>
        <translation>Nach Wichtigkeit gewichtet %1</translation>
    </message>
    <message>
        <source>Sensitivity (KL)</source>
        <translation>Empfindlichkeit (KL)</translation>
    </message>
    <message>
        <source>KL divergence %1 when written as %2 (95 % interval %3 to %4)</source>
        <translation>KL-Divergenz %1, wenn als %2 geschrieben (95-%-Intervall %3 bis %4)</translation>
    </message>
    <message>
        <source>KL divergence about %1 when written as %2 (estimated from tensors of its role)</source>
        <translation>KL-Divergenz etwa %1, wenn als %2 geschrieben (geschätzt aus Tensoren seiner Rolle)</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::MemoryAnswersBox</name>
    <message>
        <source>%L1 GB</source>
        <translation>%L1 GB</translation>
    </message>
    <message>
        <source>%L1 MB</source>
        <translation>%L1 MB</translation>
    </message>
    <message>
        <source>%1 × %2 GB</source>
        <translation>%1 × %2 GB</translation>
    </message>
    <message>
        <source>Sets the context to the longest one that fits</source>
        <translation>Setzt den Kontext auf den längsten, der passt</translation>
    </message>
    <message>
        <source>Puts as many layers on the devices as fit</source>
        <translation>Legt so viele Schichten auf die Geräte, wie passen</translation>
    </message>
    <message>
        <source>Puts all layers on the devices, without the experts of the first ones</source>
        <translation>Legt alle Schichten auf die Geräte, ohne die Experten der ersten</translation>
    </message>
    <message>
        <source>Use</source>
        <translation>Nutzen</translation>
    </message>
    <message>
        <source>About %L1 to %L2 tokens per second, estimated from bandwidths.</source>
        <translation>Etwa %L1 bis %L2 Token pro Sekunde, aus Bandbreiten geschätzt.</translation>
    </message>
    <message>
        <source>&lt;b&gt;%1&lt;/b&gt; in 16 bits → &lt;b&gt;%2&lt;/b&gt;</source>
        <translation>&lt;b&gt;%1&lt;/b&gt; in 16 Bit → &lt;b&gt;%2&lt;/b&gt;</translation>
    </message>
    <message>
        <source>%1, %2 % saved</source>
        <translation>%1, %2 % gespart</translation>
    </message>
    <message>
        <source>Needs %1 → &lt;b&gt;%2&lt;/b&gt; with this context</source>
        <translation>Braucht %1 → &lt;b&gt;%2&lt;/b&gt; bei diesem Kontext</translation>
    </message>
    <message>
        <source>No context fits.</source>
        <translation>Kein Kontext passt.</translation>
    </message>
    <message>
        <source>The model&apos;s whole context fits: %1 tokens</source>
        <translation>Der ganze Kontext des Modells passt: %1 Token</translation>
    </message>
    <message>
        <source>Largest context that fits: %1 tokens</source>
        <translation>Größter Kontext, der passt: %1 Token</translation>
    </message>
    <message>
        <source>Not even the buffers fit without layers.</source>
        <translation>Nicht einmal die Puffer passen ohne Schichten.</translation>
    </message>
    <message numerus="yes">
        <source>All %n layers and the output fit on the devices.</source>
        <translation>
            <numerusform>Die %n Schicht und die Ausgabe passen auf die Geräte.</numerusform>
            <numerusform>Alle %n Schichten und die Ausgabe passen auf die Geräte.</numerusform>
        </translation>
    </message>
    <message>
        <source>GPU layers that fit: %1 of %2</source>
        <translation>GPU-Schichten, die passen: %1 von %2</translation>
    </message>
    <message>
        <source>Even without any experts it does not fit.</source>
        <translation>Auch ganz ohne Experten passt es nicht.</translation>
    </message>
    <message>
        <source>All experts fit on the devices.</source>
        <translation>Alle Experten passen auf die Geräte.</translation>
    </message>
    <message numerus="yes">
        <source>With the experts of %n layers in main memory the rest fits.</source>
        <translation>
            <numerusform>Mit den Experten von %n Schicht im Hauptspeicher passt der Rest.</numerusform>
            <numerusform>Mit den Experten von %n Schichten im Hauptspeicher passt der Rest.</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 bits would be %2; with scales it is %3.</source>
        <translation>%1 Bit wären %2; mit Skalen sind es %3.</translation>
    </message>
    <message>
        <source>%1 bits would be %2; with scales and %4-bit tensors it is %3.</source>
        <translation>%1 Bit wären %2; mit Skalen und %4-Bit-Tensoren sind es %3.</translation>
    </message>
    <message>
        <source>%1- and %2</source>
        <comment>5- and 6-bit tensors</comment>
        <translation>%1- und %2</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::MemoryBar</name>
    <message>
        <source>Memory use</source>
        <translation>Speicherbedarf</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>Device: %1</source>
        <translation>Gerät: %1</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::MemoryPanel</name>
    <message>
        <source>Open a model to see what it needs.</source>
        <translation>Ein Modell öffnen, um zu sehen, was es braucht.</translation>
    </message>
    <message>
        <source>Add a device to see whether the model fits.</source>
        <translation>Ein Gerät hinzufügen, um zu sehen, ob das Modell passt.</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::MemorySettings</name>
    <message>
        <source>Context length in tokens</source>
        <translation>Kontextlänge in Token</translation>
    </message>
    <message>
        <source>Parallel requests</source>
        <translation>Parallele Anfragen</translation>
    </message>
    <message>
        <source>one cache for &amp;all</source>
        <translation>ein Cache für &amp;alle</translation>
    </message>
    <message>
        <source>Slots share one cache; otherwise each has its share of the context</source>
        <translation>Slots teilen sich einen Cache; sonst hat jeder seinen Anteil am Kontext</translation>
    </message>
    <message>
        <source>Program that runs the model</source>
        <translation>Programm, das das Modell ausführt</translation>
    </message>
    <message>
        <source>Choosing one sets its own defaults for slots and batches</source>
        <translation>Die Wahl setzt seine Vorgaben für Slots und Batches</translation>
    </message>
    <message>
        <source>R&amp;unner:</source>
        <translation>&amp;Runner:</translation>
    </message>
    <message>
        <source>Context length</source>
        <translation>Kontextlänge</translation>
    </message>
    <message>
        <source> tokens</source>
        <translation> Token</translation>
    </message>
    <message>
        <source>&amp;Context:</source>
        <translation>&amp;Kontext:</translation>
    </message>
    <message>
        <source>Type of the cached keys</source>
        <translation>Typ der Keys im Cache</translation>
    </message>
    <message>
        <source>Type of the cached values</source>
        <translation>Typ der Values im Cache</translation>
    </message>
    <message>
        <source>&amp;values</source>
        <translation>&amp;Values</translation>
    </message>
    <message>
        <source>Cache &amp;keys:</source>
        <translation>Cache-Ke&amp;ys:</translation>
    </message>
    <message>
        <source>S&amp;lots:</source>
        <translation>S&amp;lots:</translation>
    </message>
    <message>
        <source>&amp;More settings</source>
        <translation>&amp;Mehr Einstellungen</translation>
    </message>
    <message>
        <source>Layers on the devices</source>
        <translation>Schichten auf den Geräten</translation>
    </message>
    <message>
        <source>all</source>
        <translation>alle</translation>
    </message>
    <message>
        <source>--gpu-layers: the output is the first one, then the last layers follow</source>
        <translation>--gpu-layers: Die erste ist die Ausgabe, dann folgen die letzten Schichten</translation>
    </message>
    <message>
        <source>&amp;GPU layers:</source>
        <translation>&amp;GPU-Schichten:</translation>
    </message>
    <message>
        <source>Layers whose experts stay in main memory</source>
        <translation>Schichten, deren Experten im Hauptspeicher bleiben</translation>
    </message>
    <message>
        <source>--n-cpu-moe: the experts of so many layers, from the first on, stay in main memory</source>
        <translation>--n-cpu-moe: Die Experten so vieler Schichten, von der ersten an, bleiben im Hauptspeicher</translation>
    </message>
    <message>
        <source>CPU e&amp;xperts:</source>
        <translation>CPU-E&amp;xperten:</translation>
    </message>
    <message>
        <source>by their memory; or 3,1</source>
        <translation>nach ihrem Speicher; oder 3,1</translation>
    </message>
    <message>
        <source>Shares of several devices</source>
        <translation>Anteile mehrerer Geräte</translation>
    </message>
    <message>
        <source>&amp;Split:</source>
        <translation>&amp;Aufteilung:</translation>
    </message>
    <message>
        <source>Tokens per batch</source>
        <translation>Token je Batch</translation>
    </message>
    <message>
        <source>Tokens per micro-batch</source>
        <translation>Token je Mikro-Batch</translation>
    </message>
    <message>
        <source>Rows of logits</source>
        <translation>Zeilen von Logits</translation>
    </message>
    <message>
        <source>as the runner does</source>
        <translation>wie der Runner es macht</translation>
    </message>
    <message>
        <source>For how many tokens of a batch logits are computed; 0 = all</source>
        <translation>Für wie viele Token eines Batches Logits berechnet werden; 0 = alle</translation>
    </message>
    <message>
        <source>&amp;Batch:</source>
        <translation>&amp;Batch:</translation>
    </message>
    <message>
        <source>M&amp;icro-batch:</source>
        <translation>M&amp;ikro-Batch:</translation>
    </message>
    <message>
        <source>L&amp;ogits:</source>
        <translation>L&amp;ogits:</translation>
    </message>
    <message>
        <source>&amp;Flash attention</source>
        <translation>&amp;Flash-Attention</translation>
    </message>
    <message>
        <source>Without it the scores of all pairs of tokens are kept</source>
        <translation>Ohne sie werden die Attention-Werte aller Token-Paare aufbewahrt</translation>
    </message>
    <message>
        <source>KV cache in main memor&amp;y</source>
        <translation>KV-Cache im Haupts&amp;peicher</translation>
    </message>
    <message>
        <source>--no-kv-offload</source>
        <translation>--no-kv-offload</translation>
    </message>
    <message>
        <source>Windowed layers keep the &amp;whole context</source>
        <translation>Fensterschichten behalten den &amp;ganzen Kontext</translation>
    </message>
    <message>
        <source>--swa-full</source>
        <translation>--swa-full</translation>
    </message>
    <message>
        <source>Copy weights over for large &amp;batches</source>
        <translation>Gewichte für &amp;große Batches hinüberkopieren</translation>
    </message>
    <message>
        <source>Off: --no-op-offload</source>
        <translation>Aus: --no-op-offload</translation>
    </message>
    <message>
        <source>Share of a device that vLLM may use</source>
        <translation>Anteil eines Geräts, den vLLM nutzen darf</translation>
    </message>
    <message>
        <source> %</source>
        <translation> %</translation>
    </message>
    <message>
        <source>vLLM may &amp;take:</source>
        <translation>vLLM darf &amp;nehmen:</translation>
    </message>
    <message>
        <source>Bandwidth of main memory</source>
        <translation>Bandbreite des Hauptspeichers</translation>
    </message>
    <message>
        <source> GB/s</source>
        <translation> GB/s</translation>
    </message>
    <message>
        <source>Main memory:</source>
        <translation>Hauptspeicher:</translation>
    </message>
    <message>
        <source>The model was made for at most %1 tokens</source>
        <translation>Das Modell wurde für höchstens %1 Token gemacht</translation>
    </message>
    <message>
        <source>This model has no experts</source>
        <translation>Dieses Modell hat keine Experten</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::MetadataDiffModel</name>
    <message>
        <source>%1 (%2)</source>
        <translation>%1 (%2)</translation>
    </message>
    <message>
        <source>Changed</source>
        <translation>Geändert</translation>
    </message>
    <message>
        <source>Only in the first</source>
        <translation>Nur im ersten</translation>
    </message>
    <message>
        <source>Only in the second</source>
        <translation>Nur im zweiten</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>Schlüssel</translation>
    </message>
    <message>
        <source>Difference</source>
        <translation>Unterschied</translation>
    </message>
    <message>
        <source>First</source>
        <translation>Erstes</translation>
    </message>
    <message>
        <source>Second</source>
        <translation>Zweites</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::MetadataEditDialog</name>
    <message>
        <source>Add a metadata key</source>
        <translation>Metadatenschlüssel hinzufügen</translation>
    </message>
    <message>
        <source>Edit metadata</source>
        <translation>Metadaten bearbeiten</translation>
    </message>
    <message>
        <source>For example general.description</source>
        <translation>Zum Beispiel general.description</translation>
    </message>
    <message>
        <source>array of %1</source>
        <translation>Liste von %1</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Wert</translation>
    </message>
    <message>
        <source>&amp;Key:</source>
        <translation>&amp;Schlüssel:</translation>
    </message>
    <message>
        <source>&amp;Type:</source>
        <translation>&amp;Typ:</translation>
    </message>
    <message>
        <source>&amp;Value:</source>
        <translation>&amp;Wert:</translation>
    </message>
    <message>
        <source>%1; its type is %2.</source>
        <translation>%1; sein Typ ist %2.</translation>
    </message>
    <message>
        <source>Programs that do not know this key ignore it.</source>
        <translation>Programme, die diesen Schlüssel nicht kennen, übergehen ihn.</translation>
    </message>
    <message>
        <source>There is a key of this name already.</source>
        <translation>Einen Schlüssel dieses Namens gibt es schon.</translation>
    </message>
    <message>
        <source>Add %1</source>
        <translation>%1 hinzufügen</translation>
    </message>
    <message>
        <source>Change %1</source>
        <translation>%1 ändern</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::MetadataModel</name>
    <message>
        <source>%1: changed, not saved</source>
        <translation>%1: geändert, nicht gespeichert</translation>
    </message>
    <message>
        <source>%1: added, not saved</source>
        <translation>%1: hinzugefügt, nicht gespeichert</translation>
    </message>
    <message>
        <source>%1: will be removed</source>
        <translation>%1: wird entfernt</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>Schlüssel</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>Typ</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Wert</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::MetadataPanel</name>
    <message>
        <source>F&amp;ilter:</source>
        <translation>&amp;Filter:</translation>
    </message>
    <message>
        <source>Key or value</source>
        <translation>Schlüssel oder Wert</translation>
    </message>
    <message>
        <source>Filter keys and values</source>
        <translation>Schlüssel und Werte filtern</translation>
    </message>
    <message>
        <source>Keys and values of the model file</source>
        <translation>Schlüssel und Werte der Modelldatei</translation>
    </message>
    <message>
        <source>metadata</source>
        <translation>metadaten</translation>
    </message>
    <message>
        <source>Value of the selected key</source>
        <translation>Wert des gewählten Schlüssels</translation>
    </message>
    <message>
        <source>&amp;Add…</source>
        <translation>&amp;Hinzufügen…</translation>
    </message>
    <message>
        <source>&amp;Edit…</source>
        <translation>&amp;Bearbeiten…</translation>
    </message>
    <message>
        <source>&amp;Remove</source>
        <translation>&amp;Entfernen</translation>
    </message>
    <message>
        <source>As s&amp;tored</source>
        <translation>Wie &amp;gespeichert</translation>
    </message>
    <message>
        <source>Takes back what was changed of the selected key.</source>
        <translation>Nimmt zurück, was am gewählten Schlüssel geändert wurde.</translation>
    </message>
    <message>
        <source>Sa&amp;ve metadata…</source>
        <translation>Metadaten s&amp;peichern…</translation>
    </message>
    <message>
        <source>%1 cannot be edited. %2.</source>
        <translation>%1 kann nicht bearbeitet werden. %2.</translation>
    </message>
    <message>
        <source>%1 has %2 elements, too many to edit here: use quantlathe-cli metadata --set-file.</source>
        <translation>%1 hat %2 Elemente, zu viele, um sie hier zu bearbeiten: quantlathe-cli metadata --set-file kann es.</translation>
    </message>
    <message>
        <source>Change %1</source>
        <translation>%1 ändern</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <translation>%1: %2</translation>
    </message>
    <message>
        <source>Remove %1</source>
        <translation>%1 entfernen</translation>
    </message>
    <message>
        <source>Restore %1</source>
        <translation>%1 wiederherstellen</translation>
    </message>
    <message>
        <source>Saved into the model file.</source>
        <translation>In die Modelldatei gespeichert.</translation>
    </message>
    <message>
        <source>Saved as %1.</source>
        <translation>Als %1 gespeichert.</translation>
    </message>
    <message>
        <source>Edits go into the GGUF that an export writes.</source>
        <translation>Änderungen gehen in die GGUF-Datei ein, die ein Export schreibt.</translation>
    </message>
    <message>
        <source>Writes the edited metadata, as a new file or into the model file.</source>
        <translation>Schreibt die geänderten Metadaten, als neue Datei oder in die Modelldatei.</translation>
    </message>
    <message>
        <source>This model file has no metadata.</source>
        <translation>Diese Modelldatei hat keine Metadaten.</translation>
    </message>
    <message>
        <source>Open a model to see its metadata.</source>
        <translation>Ein Modell öffnen, um seine Metadaten zu sehen.</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
    <message numerus="yes">
        <source>%n keys</source>
        <translation>
            <numerusform>%n Schlüssel</numerusform>
            <numerusform>%n Schlüssel</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <translation>%1 (%2)</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::MetadataSaveDialog</name>
    <message>
        <source>As a &amp;new file:</source>
        <translation>Als &amp;neue Datei:</translation>
    </message>
    <message>
        <source>Into the &amp;model file itself</source>
        <translation>In die &amp;Modelldatei selbst</translation>
    </message>
    <message>
        <source>&amp;Browse…</source>
        <translation>D&amp;urchsuchen…</translation>
    </message>
    <message>
        <source>Save metadata</source>
        <translation>Metadaten speichern</translation>
    </message>
    <message>
        <source>Name of the new file</source>
        <translation>Name der neuen Datei</translation>
    </message>
    <message>
        <source>%1-edited.gguf</source>
        <translation>%1-bearbeitet.gguf</translation>
    </message>
    <message>
        <source>&amp;Change %1; I have no need of its old metadata</source>
        <translation>%1 &amp;ändern; alte Metadaten sind entbehrlich</translation>
    </message>
    <message>
        <source>Saving</source>
        <translation>Speichern läuft</translation>
    </message>
    <message>
        <source>Save the model with its new metadata</source>
        <translation>Das Modell mit neuen Metadaten speichern</translation>
    </message>
    <message>
        <source>GGUF files (*.gguf)</source>
        <translation>GGUF-Dateien (*.gguf)</translation>
    </message>
    <message>
        <source>Name the new file.</source>
        <translation>Bitte einen Namen für die neue Datei angeben.</translation>
    </message>
    <message>
        <source>The header has room: only %1 are written, at once. A backup of the old header lies beside the file until the new one is on disk.</source>
        <translation>Der Kopf hat Platz: Nur %1 werden geschrieben, sofort. Eine Sicherung des alten Kopfes liegt neben der Datei, bis der neue auf der Platte ist.</translation>
    </message>
    <message>
        <source>The header has no room for this: a whole new file (%1) is written beside the model and takes its place when it is complete and checked.</source>
        <translation>Der Kopf hat dafür keinen Platz: Eine ganze neue Datei (%1) wird neben dem Modell geschrieben und tritt an seine Stelle, wenn sie vollständig und geprüft ist.</translation>
    </message>
    <message>
        <source>%1 are written, read back and compared. The model itself stays as it is.</source>
        <translation>%1 werden geschrieben, zurückgelesen und verglichen. Das Modell selbst bleibt, wie es ist.</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::MethodBox</name>
    <message>
        <source>Round to nearest</source>
        <translation>Runden</translation>
    </message>
    <message>
        <source>Every weight is rounded for itself, by the importance data that are loaded: fast.</source>
        <translation>Jedes Gewicht wird für sich gerundet, nach den geladenen Wichtigkeitsdaten: schnell.</translation>
    </message>
    <message>
        <source>Every weight is rounded for itself: fast, and needs no text.</source>
        <translation>Jedes Gewicht wird für sich gerundet: schnell und ohne Text.</translation>
    </message>
    <message>
        <source>Layer by layer on a text, later weights make up for what rounding earlier ones did: the least error of all, but it takes long.</source>
        <translation>Schicht für Schicht an einem Text gleichen spätere Gewichte aus, was das Runden der früheren anrichtet: der kleinste Fehler von allen, dauert aber lange.</translation>
    </message>
    <message>
        <source>Weights that meet large inputs get finer steps, by scales that are folded into the layers before.</source>
        <translation>Gewichte mit großen Eingängen erhalten feinere Stufen, durch Faktoren, die in die Schichten davor eingerechnet werden.</translation>
    </message>
    <message>
        <source>Outliers of the activations move into the weights, so that both fit into 8 bits.</source>
        <translation>Ausreißer der Aktivierungen wandern in die Gewichte, damit beide in 8 Bit passen.</translation>
    </message>
    <message>
        <source>Calibration text</source>
        <translation>Kalibriertext</translation>
    </message>
    <message>
        <source>The text that the method looks at: one like that of the model&apos;s use serves best</source>
        <translation>Der Text, den das Verfahren ansieht: Am besten dient einer, wie ihn das Modell später bekommt</translation>
    </message>
    <message>
        <source>Neutral text (built in)</source>
        <translation>Neutraler Text (eingebaut)</translation>
    </message>
    <message>
        <source>Choose a fi&amp;le…</source>
        <translation>Datei wäh&amp;len…</translation>
    </message>
    <message>
        <source>Met&amp;hod:</source>
        <translation>Ver&amp;fahren:</translation>
    </message>
    <message>
        <source>Te&amp;xt:</source>
        <translation>T&amp;ext:</translation>
    </message>
    <message>
        <source>the whole text</source>
        <translation>der ganze Text</translation>
    </message>
    <message>
        <source> tokens</source>
        <translation> Tokens</translation>
    </message>
    <message>
        <source> MiB</source>
        <translation> MiB</translation>
    </message>
    <message>
        <source>Beside the model&apos;s file. Less memory makes the method slower, not worse</source>
        <translation>Zusätzlich zur Modelldatei. Weniger Speicher macht das Verfahren langsamer, nicht schlechter</translation>
    </message>
    <message>
        <source>&amp;Windows of text:</source>
        <translation>Wie&amp;viele Textfenster:</translation>
    </message>
    <message>
        <source>Memor&amp;y:</source>
        <translation>Spei&amp;cher:</translation>
    </message>
    <message>
        <source>Text to calibrate on</source>
        <translation>Text zum Kalibrieren</translation>
    </message>
    <message>
        <source>Texts (*.txt *.text *.md *.raw);;All files (*)</source>
        <translation>Texte (*.txt *.text *.md *.raw);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Other methods cannot be used: %1.</source>
        <translation>Andere Verfahren sind nicht möglich: %1.</translation>
    </message>
    <message>
        <source>To&amp;kens in each:</source>
        <translation>To&amp;kens in jedem:</translation>
    </message>
    <message>
        <source>How much of the text</source>
        <translation>Wie viel vom Text</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::PlanChangesModel</name>
    <message numerus="yes">
        <source>%n tensors up</source>
        <translation>
            <numerusform>%n Tensor breiter</numerusform>
            <numerusform>%n Tensoren breiter</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensors down</source>
        <translation>
            <numerusform>%n Tensor schmaler</numerusform>
            <numerusform>%n Tensoren schmaler</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n tensors of the same width</source>
        <translation>
            <numerusform>%n Tensor gleicher Breite</numerusform>
            <numerusform>%n Tensoren gleicher Breite</numerusform>
        </translation>
    </message>
    <message>
        <source>Layer %1: %2</source>
        <translation>Schicht %1: %2</translation>
    </message>
    <message>
        <source>several</source>
        <translation>mehrere</translation>
    </message>
    <message>
        <source>Share of the whole model&apos;s error: a proxy by role and place, without importance data</source>
        <translation>Anteil am Fehler des ganzen Modells: ein Näherungswert nach Rolle und Ort, ohne Wichtigkeitsdaten</translation>
    </message>
    <message>
        <source>Tensors</source>
        <translation>Tensoren</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>Vorher</translation>
    </message>
    <message>
        <source>After</source>
        <translation>Nachher</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Error before</source>
        <translation>Fehler vorher</translation>
    </message>
    <message>
        <source>Error after</source>
        <translation>Fehler nachher</translation>
    </message>
    <message>
        <source>Both plans write the same types.</source>
        <translation>Beide Pläne schreiben dieselben Typen.</translation>
    </message>
    <message>
        <source>as large</source>
        <translation>gleich groß</translation>
    </message>
    <message>
        <source>%1 larger</source>
        <translation>%1 größer</translation>
    </message>
    <message>
        <source>%1 smaller</source>
        <translation>%1 kleiner</translation>
    </message>
    <message>
        <source>%1, %2; %3; some errors are still being measured</source>
        <translation>%1, %2; %3; einige Fehler werden noch gemessen</translation>
    </message>
    <message>
        <source>%1, %2; %3; error %4 → %5 (proxy)</source>
        <translation>%1, %2; %3; Fehler %4 → %5 (Näherung)</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::PlanChangesPanel</name>
    <message>
        <source>Compare this plan &amp;with</source>
        <translation>Diesen Plan vergleichen &amp;mit</translation>
    </message>
    <message>
        <source>Changes by layer and role</source>
        <translation>Änderungen nach Schicht und Rolle</translation>
    </message>
    <message>
        <source>The file as stored</source>
        <translation>Der Datei wie gespeichert</translation>
    </message>
    <message>
        <source>The plan before the last fit</source>
        <translation>Dem Plan vor der letzten Anpassung</translation>
    </message>
    <message>
        <source>Recipe %1</source>
        <translation>Rezept %1</translation>
    </message>
    <message>
        <source>A recipe file…</source>
        <translation>Einer Rezeptdatei…</translation>
    </message>
    <message>
        <source>Preset %1</source>
        <translation>Voreinstellung %1</translation>
    </message>
    <message>
        <source>Compare with a recipe</source>
        <translation>Mit einem Rezept vergleichen</translation>
    </message>
    <message>
        <source>Recipes (*.json);;All files (*)</source>
        <translation>Rezepte (*.json);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Open a model to compare plans for it.</source>
        <translation>Ein Modell öffnen, um Pläne dafür zu vergleichen.</translation>
    </message>
    <message>
        <source>Both plans write the same types.</source>
        <translation>Beide Pläne schreiben dieselben Typen.</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::PlanCheckDialog</name>
    <message>
        <source>&amp;Run them</source>
        <translation>&amp;Laufen lassen</translation>
    </message>
    <message>
        <source>Check the best plans for real</source>
        <translation>Die besten Pläne in echt prüfen</translation>
    </message>
    <message>
        <source>The best by each weighing of the errors, then the best presets of at most that size</source>
        <translation>Die besten nach jeder Gewichtung der Fehler, dann die besten Voreinstellungen bis zu dieser Größe</translation>
    </message>
    <message>
        <source>Plans that were run</source>
        <translation>Pläne, die gelaufen sind</translation>
    </message>
    <message>
        <source>plans</source>
        <translation>plaene</translation>
    </message>
    <message>
        <source>Running plans</source>
        <translation>Pläne laufen</translation>
    </message>
    <message>
        <source>&amp;Plans:</source>
        <translation>P&amp;läne:</translation>
    </message>
    <message>
        <source>&amp;Adopt this plan</source>
        <translation>Diesen Plan über&amp;nehmen</translation>
    </message>
    <message>
        <source>Stopped.</source>
        <translation>Angehalten.</translation>
    </message>
    <message>
        <source>The model is run once per plan, beside the original.</source>
        <translation>Das Modell läuft einmal je Plan, neben dem Original.</translation>
    </message>
    <message>
        <source>Running the plans…</source>
        <translation>Die Pläne laufen…</translation>
    </message>
    <message>
        <source>measured sensitivities</source>
        <translation>gemessene Empfindlichkeiten</translation>
    </message>
    <message>
        <source>proxy by role and place</source>
        <translation>Ersatzmaß nach Rolle und Ort</translation>
    </message>
    <message>
        <source>between both</source>
        <translation>zwischen beiden</translation>
    </message>
    <message>
        <source>Best: %1. KL divergence predicted %2, measured %3.</source>
        <translation>Am besten: %1. KL-Divergenz vorhergesagt %2, gemessen %3.</translation>
    </message>
    <message>
        <source>Best: %1. KL divergence measured %2.</source>
        <translation>Am besten: %1. KL-Divergenz gemessen %2.</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::PlanCheckModel</name>
    <message>
        <source>%1 (best)</source>
        <translation>%1 (am besten)</translation>
    </message>
    <message>
        <source>By which weighing of the errors the plan is the best, or the preset&apos;s name</source>
        <translation>Nach welcher Gewichtung der Fehler der Plan der beste ist, oder der Name der Voreinstellung</translation>
    </message>
    <message>
        <source>Mean KL divergence as the sensitivities of the tensors add up</source>
        <translation>Mittlere KL-Divergenz, wie sich die Empfindlichkeiten der Tensoren addieren</translation>
    </message>
    <message>
        <source>Mean KL divergence from the original when the plan is run, in nats per token</source>
        <translation>Mittlere KL-Divergenz vom Original, wenn der Plan läuft, in Nat je Token</translation>
    </message>
    <message>
        <source>Standard error over the tokens</source>
        <translation>Standardfehler über die Tokens</translation>
    </message>
    <message>
        <source>Plan by</source>
        <translation>Plan nach</translation>
    </message>
    <message>
        <source>File size</source>
        <translation>Dateigröße</translation>
    </message>
    <message>
        <source>KL predicted</source>
        <translation>KL vorhergesagt</translation>
    </message>
    <message>
        <source>KL measured</source>
        <translation>KL gemessen</translation>
    </message>
    <message>
        <source>Uncertainty</source>
        <translation>Unsicherheit</translation>
    </message>
    <message>
        <source>Perplexity</source>
        <translation>Perplexität</translation>
    </message>
    <message>
        <source>Same top token</source>
        <translation>Gleiches Token</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::PresetDialog</name>
    <message>
        <source>&amp;Importance data will be used</source>
        <translation>&amp;Wichtigkeitsdaten werden benutzt</translation>
    </message>
    <message>
        <source>The same type &amp;everywhere (pure)</source>
        <translation>Überall &amp;derselbe Typ (rein)</translation>
    </message>
    <message>
        <source>Apply a preset</source>
        <translation>Voreinstellung anwenden</translation>
    </message>
    <message>
        <source>&amp;Mixtures of llama.cpp, as a starting point to edit:</source>
        <translation>&amp;Mischungen von llama.cpp, als Ausgangspunkt zum Bearbeiten:</translation>
    </message>
    <message>
        <source>Presets</source>
        <translation>Voreinstellungen</translation>
    </message>
    <message>
        <source>Some mixtures choose other types when importance data (an imatrix) guides the rounding</source>
        <translation>Manche Mischungen wählen andere Typen, wenn Wichtigkeitsdaten (eine imatrix) das Runden leiten</translation>
    </message>
    <message>
        <source>Every tensor gets the preset&apos;s base type, as llama-quantize --pure does</source>
        <translation>Jeder Tensor erhält den Grundtyp der Voreinstellung, wie es llama-quantize --pure macht</translation>
    </message>
    <message>
        <source>Working out the sizes…</source>
        <translation>Größen werden ermittelt…</translation>
    </message>
    <message>
        <source>%1 cannot be applied: %2</source>
        <translation>%1 kann nicht angewandt werden: %2</translation>
    </message>
    <message>
        <source>%1 makes a file of %2 (now %3).</source>
        <translation>%1 ergibt eine Datei von %2 (jetzt %3).</translation>
    </message>
    <message numerus="yes">
        <source>%n tensors get another type because their rows do not fit.</source>
        <translation>
            <numerusform>%n Tensor erhält einen anderen Typ, weil seine Zeilen nicht passen.</numerusform>
            <numerusform>%n Tensoren erhalten einen anderen Typ, weil ihre Zeilen nicht passen.</numerusform>
        </translation>
    </message>
    <message>
        <source>It is meant to be used with importance data; without, the quality suffers.</source>
        <translation>Gedacht für Wichtigkeitsdaten; ohne sie leidet die Qualität.</translation>
    </message>
    <message>
        <source>Apply preset %1</source>
        <translation>Voreinstellung %1 anwenden</translation>
    </message>
    <message>
        <source>presets</source>
        <translation>voreinstellungen</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::PresetTableModel</name>
    <message>
        <source>%1 cannot be written by this version yet</source>
        <translation>%1 kann diese Version noch nicht schreiben</translation>
    </message>
    <message>
        <source>quality suffers without importance data</source>
        <translation>ohne Wichtigkeitsdaten leidet die Qualität</translation>
    </message>
    <message>
        <source>%1 – %2</source>
        <translation>%1 – %2</translation>
    </message>
    <message>
        <source>Preset</source>
        <translation>Voreinstellung</translation>
    </message>
    <message>
        <source>File size</source>
        <translation>Dateigröße</translation>
    </message>
    <message>
        <source>Bits/weight</source>
        <translation>Bits/Gewicht</translation>
    </message>
    <message>
        <source>Description</source>
        <translation>Beschreibung</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::RecipeReportDialog</name>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>What became of it</source>
        <translation>Was daraus wurde</translation>
    </message>
    <message>
        <source>What did not match</source>
        <translation>Was nicht passte</translation>
    </message>
    <message>
        <source>recipe-report</source>
        <translation>rezeptbericht</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::ResultPage</name>
    <message>
        <source>Outcome of the export</source>
        <translation>Ergebnis des Exports</translation>
    </message>
    <message>
        <source>Written tensors and their errors</source>
        <translation>Geschriebene Tensoren und ihre Fehler</translation>
    </message>
    <message>
        <source>Files</source>
        <translation>Dateien</translation>
    </message>
    <message>
        <source>First file</source>
        <translation>Erste Datei</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>%1 (%2 bytes)</source>
        <translation>%1 (%2 Bytes)</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>Rate</source>
        <translation>Rate</translation>
    </message>
    <message>
        <source>%1/s</source>
        <translation>%1/s</translation>
    </message>
    <message>
        <source>Taken over</source>
        <translation>Übernommen</translation>
    </message>
    <message>
        <source>Written by the interrupted run before</source>
        <translation>Schon vom abgebrochenen Lauf geschrieben</translation>
    </message>
    <message>
        <source>Tensors</source>
        <translation>Tensoren</translation>
    </message>
    <message>
        <source>%1, %2 of them copied unchanged</source>
        <translation>%1, davon %2 unverändert kopiert</translation>
    </message>
    <message>
        <source>Relative RMS error</source>
        <translation>Relativer RMS-Fehler</translation>
    </message>
    <message>
        <source>Over all quantized tensors</source>
        <translation>Über alle quantisierten Tensoren</translation>
    </message>
    <message>
        <source>Signal to noise</source>
        <translation>Signal-Rausch-Abstand</translation>
    </message>
    <message>
        <source>Encoded with</source>
        <translation>Kodiert mit</translation>
    </message>
    <message>
        <source>%1: %2 NaN, %3 infinite</source>
        <translation>%1: %2 NaN, %3 unendlich</translation>
    </message>
    <message>
        <source>Replaced weights</source>
        <translation>Ersetzte Gewichte</translation>
    </message>
    <message>
        <source>%1 NaN, %2 infinite (%3)</source>
        <translation>%1 NaN, %2 unendlich (%3)</translation>
    </message>
    <message numerus="yes">
        <source>%n tensors</source>
        <translation>
            <numerusform>%n Tensor</numerusform>
            <numerusform>%n Tensoren</numerusform>
        </translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>Ordner</translation>
    </message>
    <message>
        <source>Every tensor was read back and compared</source>
        <translation>Jeder Tensor wurde zurückgelesen und verglichen</translation>
    </message>
    <message>
        <source>%1, %2 of them quantized</source>
        <translation>%1, davon %2 quantisiert</translation>
    </message>
    <message>
        <source>Method</source>
        <translation>Verfahren</translation>
    </message>
    <message>
        <source>Largest error of outputs</source>
        <translation>Größter Fehler der Ausgänge</translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <translation>%1 (%2)</translation>
    </message>
    <message>
        <source>Error of a matrix&apos;s outputs on the calibration text, as a share of their squares</source>
        <translation>Fehler der Ausgänge einer Matrix am Kalibriertext, als Anteil ihrer Quadrate</translation>
    </message>
    <message>
        <source>Otherwise than asked</source>
        <translation>Anders als verlangt</translation>
    </message>
    <message numerus="yes">
        <source>%n matrices</source>
        <translation>
            <numerusform>%n Matrix</numerusform>
            <numerusform>%n Matrizen</numerusform>
        </translation>
    </message>
    <message>
        <source>Note</source>
        <translation>Hinweis</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::ResultTensorModel</name>
    <message>
        <source>%1 (copied)</source>
        <translation>%1 (kopiert)</translation>
    </message>
    <message>
        <source>Tensor</source>
        <translation>Tensor</translation>
    </message>
    <message>
        <source>From</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>To</source>
        <translation>Nach</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Relative error</source>
        <translation>Relativer Fehler</translation>
    </message>
    <message>
        <source>Signal to noise</source>
        <translation>Signal-Rausch-Abstand</translation>
    </message>
    <message>
        <source>Maximum error</source>
        <translation>Maximaler Fehler</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::ResultView</name>
    <message>
        <source>Figures of the evaluation</source>
        <translation>Zahlen der Bewertung</translation>
    </message>
    <message>
        <source>evaluation</source>
        <translation>bewertung</translation>
    </message>
    <message>
        <source>Figures</source>
        <translation>Zahlen</translation>
    </message>
    <message>
        <source>By position</source>
        <translation>Nach Position</translation>
    </message>
    <message>
        <source>Mean KL divergence by position in the window</source>
        <translation>Mittlere KL-Divergenz nach Position im Fenster</translation>
    </message>
    <message>
        <source>kl-by-position</source>
        <translation>kl-nach-position</translation>
    </message>
    <message>
        <source>Position in the window</source>
        <translation>Position im Fenster</translation>
    </message>
    <message>
        <source>Mean KL divergence in nats</source>
        <translation>Mittlere KL-Divergenz in Nat</translation>
    </message>
    <message>
        <source>Position %1: %2</source>
        <translation>Position %1: %2</translation>
    </message>
    <message>
        <source>By layer</source>
        <translation>Nach Schicht</translation>
    </message>
    <message>
        <source>Error of the hidden states after each layer</source>
        <translation>Fehler der verborgenen Zustände nach jeder Schicht</translation>
    </message>
    <message>
        <source>error-by-layer</source>
        <translation>fehler-nach-schicht</translation>
    </message>
    <message>
        <source>After layer</source>
        <translation>Nach Schicht</translation>
    </message>
    <message>
        <source>Relative RMS error in %</source>
        <translation>Relativer RMS-Fehler in %</translation>
    </message>
    <message>
        <source>After layer %1: %2</source>
        <translation>Nach Schicht %1: %2</translation>
    </message>
    <message>
        <source>Distribution</source>
        <translation>Verteilung</translation>
    </message>
    <message>
        <source>Distribution of the KL divergence over the tokens</source>
        <translation>Verteilung der KL-Divergenz über die Tokens</translation>
    </message>
    <message>
        <source>kl-distribution</source>
        <translation>kl-verteilung</translation>
    </message>
    <message>
        <source>Share of the tokens in %</source>
        <translation>Anteil der Tokens in %</translation>
    </message>
    <message>
        <source>KL divergence in nats, at most</source>
        <translation>KL-Divergenz in Nat, höchstens</translation>
    </message>
    <message>
        <source>%1 of the tokens: at most %2</source>
        <translation>%1 der Tokens: höchstens %2</translation>
    </message>
    <message>
        <source>Plot</source>
        <translation>Diagramm</translation>
    </message>
    <message>
        <source>Copy or save the plot</source>
        <translation>Diagramm kopieren oder speichern</translation>
    </message>
    <message>
        <source>Perplexity %1.</source>
        <translation>Perplexität %1.</translation>
    </message>
    <message>
        <source>%1 – %2</source>
        <translation>%1 – %2</translation>
    </message>
    <message>
        <source>Nothing is measured yet.</source>
        <translation>Noch ist nichts gemessen.</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::RowErrorPlot</name>
    <message>
        <source>Each row</source>
        <translation>Jede Zeile</translation>
    </message>
    <message>
        <source>Row (output channel)</source>
        <translation>Zeile (Ausgangskanal)</translation>
    </message>
    <message>
        <source>Relative error in %</source>
        <translation>Relativer Fehler in %</translation>
    </message>
    <message>
        <source>Relative error of each row</source>
        <translation>Relativer Fehler jeder Zeile</translation>
    </message>
    <message>
        <source>All rows together: %1</source>
        <translation>Alle Zeilen zusammen: %1</translation>
    </message>
    <message>
        <source>Row %1: %2</source>
        <translation>Zeile %1: %2</translation>
    </message>
    <message>
        <source>Rows %1 to %2: %3 to %4</source>
        <translation>Zeilen %1 bis %2: %3 bis %4</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::ScaleLegend</name>
    <message>
        <source>Colour scale</source>
        <translation>Farbskala</translation>
    </message>
    <message>
        <source>From %1 to %2</source>
        <translation>Von %1 bis %2</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::SensitivityModel</name>
    <message>
        <source>measured</source>
        <translation>gemessen</translation>
    </message>
    <message>
        <source>estimated</source>
        <translation>geschätzt</translation>
    </message>
    <message>
        <source>The type that it alone was written in, everything else left as it is</source>
        <translation>Der Typ, in dem er allein geschrieben wurde, während alles andere blieb, wie es ist</translation>
    </message>
    <message>
        <source>Mean KL divergence of the model&apos;s predictions from the original&apos;s, in nats per token</source>
        <translation>Mittlere KL-Divergenz der Vorhersagen des Modells von denen des Originals, in Nat je Token</translation>
    </message>
    <message>
        <source>Standard error over the tokens</source>
        <translation>Standardfehler über die Tokens</translation>
    </message>
    <message>
        <source>Estimated: from tensors of the same role, as there was no time left</source>
        <translation>Geschätzt: aus Tensoren derselben Rolle, da keine Zeit blieb</translation>
    </message>
    <message>
        <source>KL divergence per relative squared error: what counts in a fit</source>
        <translation>KL-Divergenz je relativem quadratischem Fehler: was beim Anpassen zählt</translation>
    </message>
    <message>
        <source>Tensor</source>
        <translation>Tensor</translation>
    </message>
    <message>
        <source>Written as</source>
        <translation>Geschrieben als</translation>
    </message>
    <message>
        <source>KL divergence</source>
        <translation>KL-Divergenz</translation>
    </message>
    <message>
        <source>Uncertainty</source>
        <translation>Unsicherheit</translation>
    </message>
    <message>
        <source>How known</source>
        <translation>Woher bekannt</translation>
    </message>
    <message>
        <source>Per squared error</source>
        <translation>Je quadratischem Fehler</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::SensitivityPage</name>
    <message>
        <source>L&amp;oad…</source>
        <translation>&amp;Laden…</translation>
    </message>
    <message>
        <source>Sa&amp;ve…</source>
        <translation>Speiche&amp;rn…</translation>
    </message>
    <message>
        <source>Sensitivity of every tensor</source>
        <translation>Empfindlichkeit jedes Tensors</translation>
    </message>
    <message>
        <source>sensitivity</source>
        <translation>empfindlichkeit</translation>
    </message>
    <message>
        <source>Sensitivities that were measured earlier, here or on the command line</source>
        <translation>Empfindlichkeiten, die früher gemessen wurden, hier oder auf der Befehlszeile</translation>
    </message>
    <message>
        <source>Keep the figures in a file that the command line reads, too</source>
        <translation>Die Zahlen in einer Datei aufheben, die auch die Befehlszeile liest</translation>
    </message>
    <message>
        <source>Not measured yet. Measure sensitivity tells what an error in each tensor does to the model&apos;s predictions; a fit to a budget then spends its bits where they count.</source>
        <translation>Noch nicht gemessen. „Empfindlichkeit messen“ sagt, was ein Fehler in jedem Tensor mit den Vorhersagen des Modells macht; ein Anpassen an ein Budget gibt seine Bits dann dort aus, wo sie zählen.</translation>
    </message>
    <message>
        <source>Open a model to measure how sensitive its tensors are.</source>
        <translation>Ein Modell öffnen, um zu messen, wie empfindlich seine Tensoren sind.</translation>
    </message>
    <message>
        <source>On %1, %2 tokens: %3 measured, %4 estimated</source>
        <translation>An %1, %2 Tokens: %3 gemessen, %4 geschätzt</translation>
    </message>
    <message>
        <source>Load sensitivities</source>
        <translation>Empfindlichkeiten laden</translation>
    </message>
    <message>
        <source>Sensitivities (*.json);;All files (*)</source>
        <translation>Empfindlichkeiten (*.json);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Save sensitivities</source>
        <translation>Empfindlichkeiten speichern</translation>
    </message>
    <message>
        <source>Sensitivities (*.json)</source>
        <translation>Empfindlichkeiten (*.json)</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::ServingBox</name>
    <message>
        <source>Memory in %1 with %2 tokens of context: %3 on the devices (weights %4, KV cache %5, compute buffers %6, driver about %7)</source>
        <translation>Speicher in %1 bei %2 Tokens Kontext: %3 auf den Geräten (Gewichte %4, KV-Cache %5, Rechenpuffer %6, Treiber etwa %7)</translation>
    </message>
    <message>
        <source>, %1 in main memory</source>
        <translation>, %1 im Hauptspeicher</translation>
    </message>
    <message>
        <source>. No device is chosen in the memory panel.</source>
        <translation>. Im Speicherbereich ist kein Gerät gewählt.</translation>
    </message>
    <message>
        <source>. It fits: %1 has %2.</source>
        <translation>. Es passt: %1 hat %2.</translation>
    </message>
    <message>
        <source>. It fits with little room: %1 has %2.</source>
        <translation>. Es passt knapp: %1 hat %2.</translation>
    </message>
    <message>
        <source>. It is tight: %1 has %2.</source>
        <translation>. Es ist ungewiss: %1 hat %2.</translation>
    </message>
    <message>
        <source>. It does not fit: %1 has %2.</source>
        <translation>. Es passt nicht: %1 hat %2.</translation>
    </message>
    <message>
        <source>. Not all could be counted.</source>
        <translation>. Nicht alles ließ sich zählen.</translation>
    </message>
    <message>
        <source>Co&amp;py command</source>
        <translation>Befehl &amp;kopieren</translation>
    </message>
    <message>
        <source>R&amp;un with %1:</source>
        <translation>&amp;Betrieb mit %1:</translation>
    </message>
    <message>
        <source>Command line that runs the result</source>
        <translation>Befehlszeile, die das Ergebnis ausführt</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::StatusLine</name>
    <message>
        <source>Background work</source>
        <translation>Arbeit im Hintergrund</translation>
    </message>
    <message>
        <source>File format</source>
        <translation>Dateiformat</translation>
    </message>
    <message>
        <source>Architecture</source>
        <translation>Architektur</translation>
    </message>
    <message>
        <source>Number of weights</source>
        <translation>Anzahl der Gewichte</translation>
    </message>
    <message>
        <source>Bytes of all tensors, before and after</source>
        <translation>Bytes aller Tensoren, vorher und nachher</translation>
    </message>
    <message>
        <source>Bits per weight after</source>
        <translation>Bits pro Gewicht nachher</translation>
    </message>
    <message>
        <source>Unknown architecture</source>
        <translation>Unbekannte Architektur</translation>
    </message>
    <message>
        <source>%1 weights</source>
        <translation>%1 Gewichte</translation>
    </message>
    <message>
        <source>%1 → %2</source>
        <translation>%1 → %2</translation>
    </message>
    <message>
        <source>%1 bits/weight</source>
        <translation>%1 Bits/Gewicht</translation>
    </message>
    <message>
        <source>Sampling errors: %1 %</source>
        <translation>Fehler aus Stichproben: %1 %</translation>
    </message>
    <message>
        <source>Measuring errors exactly: %1 %</source>
        <translation>Fehler genau gemessen: %1 %</translation>
    </message>
    <message>
        <source>Importance data</source>
        <translation>Wichtigkeitsdaten</translation>
    </message>
    <message>
        <source>Importance: %1</source>
        <translation>Gewichtung: %1</translation>
    </message>
    <message>
        <source>What the plan does to the model&apos;s predictions</source>
        <translation>Was der Plan mit den Vorhersagen des Modells macht</translation>
    </message>
    <message>
        <source>%1 (of an earlier plan)</source>
        <translation>%1 (von einem früheren Plan)</translation>
    </message>
    <message>
        <source>%1 This was an earlier plan: it was edited since.</source>
        <translation>%1 Das war ein früherer Plan: Er wurde seitdem geändert.</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::TaskTableModel</name>
    <message>
        <source>under way</source>
        <translation>läuft</translation>
    </message>
    <message>
        <source>%1 %</source>
        <translation>%1 %</translation>
    </message>
    <message>
        <source>%1/s</source>
        <translation>%1/s</translation>
    </message>
    <message>
        <source>%1 left</source>
        <translation>noch %1</translation>
    </message>
    <message>
        <source>Background work</source>
        <translation>Arbeit im Hintergrund</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>Fertig</translation>
    </message>
    <message>
        <source>Rate</source>
        <translation>Rate</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>wartet</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::TasksView</name>
    <message>
        <source>S&amp;top</source>
        <translation>Anhal&amp;ten</translation>
    </message>
    <message>
        <source>Background work</source>
        <translation>Arbeit im Hintergrund</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::TensorComparisonModel</name>
    <message>
        <source>Tensor</source>
        <translation>Tensor</translation>
    </message>
    <message>
        <source>First</source>
        <translation>Erstes</translation>
    </message>
    <message>
        <source>Second</source>
        <translation>Zweites</translation>
    </message>
    <message>
        <source>Result</source>
        <translation>Ergebnis</translation>
    </message>
    <message>
        <source>Relative difference</source>
        <translation>Relativer Unterschied</translation>
    </message>
    <message>
        <source>In dB</source>
        <translation>In dB</translation>
    </message>
    <message>
        <source>Largest difference</source>
        <translation>Größter Unterschied</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::TensorFilterModel</name>
    <message>
        <source>%1 (at character %2)</source>
        <translation>%1 (bei Zeichen %2)</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::TensorTreeModel</name>
    <message>
        <source>as stored</source>
        <translation>wie gespeichert</translation>
    </message>
    <message numerus="yes">
        <source>Set %n tensors to %1</source>
        <translation>
            <numerusform>%n Tensor auf %1 setzen</numerusform>
            <numerusform>%n Tensoren auf %1 setzen</numerusform>
        </translation>
    </message>
    <message>
        <source>Set %1 to %2</source>
        <translation>%1 auf %2 setzen</translation>
    </message>
    <message>
        <source>Set layer %1 to %2</source>
        <translation>Schicht %1 auf %2 setzen</translation>
    </message>
    <message>
        <source>Set the global tensors to %1</source>
        <translation>Globale Tensoren auf %1 setzen</translation>
    </message>
    <message>
        <source>Layer %1</source>
        <translation>Schicht %1</translation>
    </message>
    <message>
        <source>Global</source>
        <translation>Global</translation>
    </message>
    <message numerus="yes">
        <source>%n tensors</source>
        <translation>
            <numerusform>%n Tensor</numerusform>
            <numerusform>%n Tensoren</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 weights</source>
        <translation>%1 Gewichte</translation>
    </message>
    <message numerus="yes">
        <source>%n tensors are written in another type than chosen</source>
        <translation>
            <numerusform>%n Tensor wird in einem anderen Typ geschrieben als gewählt</numerusform>
            <numerusform>%n Tensoren werden in einem anderen Typ geschrieben als gewählt</numerusform>
        </translation>
    </message>
    <message>
        <source>Relative RMS error over the tensors of this row that change</source>
        <translation>Relativer RMS-Fehler über die Tensoren dieser Zeile, die sich ändern</translation>
    </message>
    <message>
        <source>%1 (instead of %2)</source>
        <translation>%1 (statt %2)</translation>
    </message>
    <message>
        <source>%1
In GGUF: %2</source>
        <translation>%1
In GGUF: %2</translation>
    </message>
    <message>
        <source>%1 weights, outermost dimension first</source>
        <translation>%1 Gewichte, äußerste Dimension zuerst</translation>
    </message>
    <message>
        <source>%1 bytes</source>
        <translation>%1 Bytes</translation>
    </message>
    <message>
        <source>Being measured</source>
        <translation>Wird gemessen</translation>
    </message>
    <message>
        <source>Copied unchanged</source>
        <translation>Unverändert kopiert</translation>
    </message>
    <message>
        <source>Relative RMS error, estimated from a sample of the rows</source>
        <translation>Relativer RMS-Fehler, aus einer Stichprobe der Zeilen geschätzt</translation>
    </message>
    <message>
        <source>Relative RMS error over all weights</source>
        <translation>Relativer RMS-Fehler über alle Gewichte</translation>
    </message>
    <message>
        <source>What the export will write; double-click or press F2 to change it</source>
        <translation>Was der Export schreiben wird; Doppelklick oder F2 ändert es</translation>
    </message>
    <message>
        <source>Stored bits per weight in the chosen type, scales included</source>
        <translation>Gespeicherte Bits pro Gewicht im gewählten Typ, Skalen eingeschlossen</translation>
    </message>
    <message>
        <source>Relative RMS error of the chosen type; ≈ marks a sample</source>
        <translation>Relativer RMS-Fehler des gewählten Typs; ≈ kennzeichnet eine Stichprobe</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>Name</translation>
    </message>
    <message>
        <source>Role</source>
        <translation>Rolle</translation>
    </message>
    <message>
        <source>Shape</source>
        <translation>Form</translation>
    </message>
    <message>
        <source>Stored</source>
        <translation>Gespeichert</translation>
    </message>
    <message>
        <source>Chosen</source>
        <translation>Gewählt</translation>
    </message>
    <message>
        <source>Bits/weight</source>
        <translation>Bits/Gewicht</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>Vorher</translation>
    </message>
    <message>
        <source>After</source>
        <translation>Nachher</translation>
    </message>
    <message>
        <source>Error</source>
        <translation>Fehler</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::TensorTreePanel</name>
    <message>
        <source>Regular e&amp;xpression</source>
        <translation>Regulärer A&amp;usdruck</translation>
    </message>
    <message>
        <source>Fi&amp;lter:</source>
        <translation>Fi&amp;lter:</translation>
    </message>
    <message>
        <source>Name, role or type</source>
        <translation>Name, Rolle oder Typ</translation>
    </message>
    <message>
        <source>Filter tensors by name, role or type</source>
        <translation>Tensoren nach Name, Rolle oder Typ filtern</translation>
    </message>
    <message>
        <source>Unfold all layers</source>
        <translation>Alle Schichten aufklappen</translation>
    </message>
    <message>
        <source>Fold all layers</source>
        <translation>Alle Schichten zuklappen</translation>
    </message>
    <message>
        <source>Tensors by layer</source>
        <translation>Tensoren nach Schichten</translation>
    </message>
    <message>
        <source>Layer %1</source>
        <translation>Schicht %1</translation>
    </message>
    <message>
        <source>%1 weights</source>
        <translation>%1 Gewichte</translation>
    </message>
    <message>
        <source>Not a regular expression</source>
        <translation>Kein regulärer Ausdruck</translation>
    </message>
    <message>
        <source>%1 of %2</source>
        <translation>%1 von %2</translation>
    </message>
    <message>
        <source>Tensors that pass the filter</source>
        <translation>Tensoren, die der Filter durchlässt</translation>
    </message>
    <message>
        <source>layer %1</source>
        <translation>Schicht %1</translation>
    </message>
    <message>
        <source>the global tensors</source>
        <translation>die globalen Tensoren</translation>
    </message>
    <message numerus="yes">
        <source>%n layers</source>
        <translation>
            <numerusform>%n Schicht</numerusform>
            <numerusform>%n Schichten</numerusform>
        </translation>
    </message>
    <message>
        <source>“%1” in all layers</source>
        <translation>„%1“ in allen Schichten</translation>
    </message>
    <message numerus="yes">
        <source>%n roles in all layers</source>
        <translation>
            <numerusform>%n Rolle in allen Schichten</numerusform>
            <numerusform>%n Rollen in allen Schichten</numerusform>
        </translation>
    </message>
    <message>
        <source>Set %1 to %2</source>
        <translation>%1 auf %2 setzen</translation>
    </message>
    <message>
        <source>Reset %1</source>
        <translation>%1 zurücksetzen</translation>
    </message>
    <message>
        <source>the selection</source>
        <translation>die Auswahl</translation>
    </message>
    <message numerus="yes">
        <source>%n tensors</source>
        <translation>
            <numerusform>%n Tensor</numerusform>
            <numerusform>%n Tensoren</numerusform>
        </translation>
    </message>
    <message>
        <source>&amp;Set type of %1</source>
        <translation>&amp;Typ setzen für %1</translation>
    </message>
    <message>
        <source>&amp;Set type of the selection</source>
        <translation>&amp;Typ der Auswahl setzen</translation>
    </message>
    <message>
        <source>Set type of &amp;layer (%1)</source>
        <translation>Typ der &amp;Schicht setzen (%1)</translation>
    </message>
    <message>
        <source>Set type of the &amp;layer</source>
        <translation>Typ der &amp;Schicht setzen</translation>
    </message>
    <message>
        <source>Set type of &amp;role (%1)</source>
        <translation>Typ der R&amp;olle setzen (%1)</translation>
    </message>
    <message>
        <source>Set type of the &amp;role in all layers</source>
        <translation>Typ der R&amp;olle in allen Schichten setzen</translation>
    </message>
    <message>
        <source>Reset the selection to &amp;stored</source>
        <translation>Auswahl auf &amp;gespeichert zurücksetzen</translation>
    </message>
    <message>
        <source>Reset &amp;everything to stored</source>
        <translation>A&amp;lles auf gespeichert zurücksetzen</translation>
    </message>
    <message>
        <source>Reset everything to stored</source>
        <translation>Alles auf gespeichert zurücksetzen</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::TradeOffPanel</name>
    <message>
        <source>&amp;Adopt this plan</source>
        <translation>Diesen Plan &amp;übernehmen</translation>
    </message>
    <message>
        <source>Make the marked plan the plan of the document; undo takes it back</source>
        <translation>Macht den markierten Plan zum Plan des Dokuments; Rückgängig nimmt es zurück</translation>
    </message>
    <message>
        <source>Errors measured</source>
        <translation>Gemessene Fehler</translation>
    </message>
    <message>
        <source>Measuring errors: %v of %m</source>
        <translation>Fehler werden gemessen: %v von %m</translation>
    </message>
    <message>
        <source>&amp;More</source>
        <translation>&amp;Mehr</translation>
    </message>
    <message>
        <source>Copy or save the plot</source>
        <translation>Diagramm kopieren oder speichern</translation>
    </message>
    <message>
        <source>trade-off</source>
        <translation>abwaegung</translation>
    </message>
    <message>
        <source>Open a model to see what each file size would cost in accuracy.</source>
        <translation>Ein Modell öffnen, um zu sehen, was jede Dateigröße an Genauigkeit kosten würde.</translation>
    </message>
    <message>
        <source>The curve appears as soon as the errors of all types are known from samples.</source>
        <translation>Die Kurve erscheint, sobald die Fehler aller Typen aus Stichproben bekannt sind.</translation>
    </message>
    <message>
        <source>Click the curve or a preset to adopt its plan, or use Left, Right and Enter</source>
        <translation>Ein Klick auf die Kurve oder eine Voreinstellung übernimmt ihren Plan, ebenso Links, Rechts und Eingabe</translation>
    </message>
    <message>
        <source>%1. Errors are estimated from samples so far.</source>
        <translation>%1. Fehler bisher aus Stichproben geschätzt.</translation>
    </message>
    <message>
        <source>Apply preset %1</source>
        <translation>Voreinstellung %1 anwenden</translation>
    </message>
    <message>
        <source>Fit to %1</source>
        <translation>An %1 anpassen</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::TradeOffPlot</name>
    <message>
        <source>Best plans</source>
        <translation>Beste Pläne</translation>
    </message>
    <message>
        <source>Presets</source>
        <translation>Voreinstellungen</translation>
    </message>
    <message>
        <source>Presets of other types</source>
        <translation>Voreinstellungen aus anderen Typen</translation>
    </message>
    <message>
        <source>This plan</source>
        <translation>Dieser Plan</translation>
    </message>
    <message>
        <source>Error in % (proxy)</source>
        <translation>Fehler in % (Näherung)</translation>
    </message>
    <message>
        <source>File size against error</source>
        <translation>Dateigröße gegen Fehler</translation>
    </message>
    <message>
        <source>Left and Right move along the curve, Page Up and Page Down to the presets, Enter adopts the plan.</source>
        <translation>Links und Rechts gehen die Kurve entlang, Bild auf und Bild ab zu den Voreinstellungen, Eingabe übernimmt den Plan.</translation>
    </message>
    <message>
        <source>File size in bytes</source>
        <translation>Dateigröße in Bytes</translation>
    </message>
    <message>
        <source>File size in KiB</source>
        <translation>Dateigröße in KiB</translation>
    </message>
    <message>
        <source>File size in MiB</source>
        <translation>Dateigröße in MiB</translation>
    </message>
    <message>
        <source>File size in GiB</source>
        <translation>Dateigröße in GiB</translation>
    </message>
    <message>
        <source>File size in TiB</source>
        <translation>Dateigröße in TiB</translation>
    </message>
    <message>
        <source>Best plan within %1: %2</source>
        <translation>Bester Plan bis %1: %2</translation>
    </message>
    <message>
        <source>%1, %2: %3</source>
        <translation>%1, %2: %3</translation>
    </message>
    <message>
        <source>%1; the best plan of this size has %2 % of its squared error</source>
        <translation>%1; der beste Plan dieser Größe hat %2 % seines quadratischen Fehlers</translation>
    </message>
    <message>
        <source>This plan, %1: %2</source>
        <translation>Dieser Plan, %1: %2</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::TrialTextBox</name>
    <message>
        <source>Tokens in a window</source>
        <translation>Tokens in einem Fenster</translation>
    </message>
    <message>
        <source>Windows at most</source>
        <translation>Höchstens so viele Fenster</translation>
    </message>
    <message>
        <source>More windows take longer and make the figures surer</source>
        <translation>Mehr Fenster dauern länger und machen die Zahlen sicherer</translation>
    </message>
    <message>
        <source>Threads</source>
        <translation>Threads</translation>
    </message>
    <message>
        <source>Memory to use at most</source>
        <translation>Höchstens zu nutzender Speicher</translation>
    </message>
    <message>
        <source>Beside the model&apos;s file. Less memory means that weights are decoded more often</source>
        <translation>Neben der Modelldatei. Weniger Speicher heißt, dass Gewichte öfter dekodiert werden</translation>
    </message>
    <message>
        <source>The text that the model reads; a text file may be dropped here, too</source>
        <translation>Der Text, den das Modell liest; eine Textdatei kann auch hier abgelegt werden</translation>
    </message>
    <message>
        <source>F&amp;ile…</source>
        <translation>Da&amp;tei…</translation>
    </message>
    <message>
        <source>Choose a text file</source>
        <translation>Eine Textdatei wählen</translation>
    </message>
    <message>
        <source>the whole text</source>
        <translation>der ganze Text</translation>
    </message>
    <message>
        <source>automatic</source>
        <translation>automatisch</translation>
    </message>
    <message>
        <source> tokens</source>
        <translation> Tokens</translation>
    </message>
    <message>
        <source> MiB</source>
        <translation> MiB</translation>
    </message>
    <message>
        <source>Te&amp;xt:</source>
        <translation>Te&amp;xt:</translation>
    </message>
    <message>
        <source>Wi&amp;ndow:</source>
        <translation>Fe&amp;nster:</translation>
    </message>
    <message>
        <source>At mo&amp;st:</source>
        <translation>Höch&amp;stens:</translation>
    </message>
    <message>
        <source>T&amp;hreads:</source>
        <translation>T&amp;hreads:</translation>
    </message>
    <message>
        <source>Memor&amp;y:</source>
        <translation>S&amp;peicher:</translation>
    </message>
    <message>
        <source>the neutral text</source>
        <translation>neutraler Text</translation>
    </message>
    <message>
        <source>The text is cut into windows of so many tokens; the second half of each is judged</source>
        <translation>Der Text wird in Fenster aus so vielen Tokens geschnitten; die zweite Hälfte jedes Fensters wird bewertet</translation>
    </message>
    <message>
        <source>%1. The model was made for at most %2.</source>
        <translation>%1. Das Modell ist für höchstens %2 gemacht.</translation>
    </message>
    <message>
        <source>Text to run the model on</source>
        <translation>Text, an dem das Modell laufen soll</translation>
    </message>
    <message>
        <source>Texts (*.txt *.text *.md *.raw);;All files (*)</source>
        <translation>Texte (*.txt *.text *.md *.raw);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Neutral text (built in)</source>
        <translation>Neutraler Text (eingebaut)</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::TypeDelegate</name>
    <message>
        <source>As stored (%1)</source>
        <translation>Wie gespeichert (%1)</translation>
    </message>
    <message>
        <source>%1 (written as %2)</source>
        <translation>%1 (geschrieben als %2)</translation>
    </message>
    <message>
        <source>As stored</source>
        <translation>Wie gespeichert</translation>
    </message>
    <message>
        <source>Chosen type</source>
        <translation>Gewählter Typ</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::ValuesModel</name>
    <message>
        <source>Value</source>
        <translation>Wert</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::ValuesPanel</name>
    <message>
        <source>&amp;Column:</source>
        <translation>&amp;Spalte:</translation>
    </message>
    <message>
        <source>Previous page of rows</source>
        <translation>Vorige Seite mit Zeilen</translation>
    </message>
    <message>
        <source>Next page of rows</source>
        <translation>Nächste Seite mit Zeilen</translation>
    </message>
    <message>
        <source>Previous page of columns</source>
        <translation>Vorige Seite mit Spalten</translation>
    </message>
    <message>
        <source>Next page of columns</source>
        <translation>Nächste Seite mit Spalten</translation>
    </message>
    <message>
        <source>&amp;Show:</source>
        <translation>&amp;Zeige:</translation>
    </message>
    <message>
        <source>A row number, or the indices of a row of a stack of matrices: 3, 17</source>
        <translation>Eine Zeilennummer oder die Indizes einer Zeile in einem Stapel von Matrizen: 3, 17</translation>
    </message>
    <message>
        <source>Go to &amp;row:</source>
        <translation>Gehe zu &amp;Zeile:</translation>
    </message>
    <message>
        <source>Values of the tensor</source>
        <translation>Werte des Tensors</translation>
    </message>
    <message>
        <source>&amp;Copy</source>
        <translation>&amp;Kopieren</translation>
    </message>
    <message>
        <source>&amp;Save the tensor as CSV…</source>
        <translation>Den Tensor als CSV &amp;speichern…</translation>
    </message>
    <message>
        <source>Saving the tensor as CSV</source>
        <translation>Tensor wird als CSV gespeichert</translation>
    </message>
    <message>
        <source>Select a tensor to see its values.</source>
        <translation>Einen Tensor auswählen, um seine Werte zu sehen.</translation>
    </message>
    <message>
        <source>Open a model to see the values of its tensors.</source>
        <translation>Ein Modell öffnen, um die Werte seiner Tensoren zu sehen.</translation>
    </message>
    <message>
        <source>%1 (%2, %3)</source>
        <translation>%1 (%2, %3)</translation>
    </message>
    <message>
        <source>%1 cannot be decoded by this version yet, so the values cannot be shown.</source>
        <translation>%1 kann diese Version noch nicht dekodieren; die Werte können daher nicht gezeigt werden.</translation>
    </message>
    <message>
        <source>This tensor has no weights.</source>
        <translation>Dieser Tensor hat keine Gewichte.</translation>
    </message>
    <message>
        <source>As stored</source>
        <translation>Wie gespeichert</translation>
    </message>
    <message>
        <source>Quantized to %1</source>
        <translation>Quantisiert nach %1</translation>
    </message>
    <message>
        <source>Difference to %1</source>
        <translation>Unterschied zu %1</translation>
    </message>
    <message>
        <source>The values now, under the chosen type, or what changes</source>
        <translation>Die jetzigen Werte, die im gewählten Typ oder was sich ändert</translation>
    </message>
    <message>
        <source>Kept as stored: choose another type to see what it makes of the values</source>
        <translation>Bleibt wie gespeichert: Einen anderen Typ wählen, um zu sehen, was er aus den Werten macht</translation>
    </message>
    <message>
        <source>Rows %1 to %2 of %3</source>
        <translation>Zeilen %1 bis %2 von %3</translation>
    </message>
    <message>
        <source>%1, columns %2 to %3 of %4</source>
        <translation>%1, Spalten %2 bis %3 von %4</translation>
    </message>
    <message>
        <source>There is no such row: rows go from 0 to %1.</source>
        <translation>Diese Zeile gibt es nicht: Die Zeilen gehen von 0 bis %1.</translation>
    </message>
    <message>
        <source>There is no such column: columns go from 0 to %1.</source>
        <translation>Diese Spalte gibt es nicht: Die Spalten gehen von 0 bis %1.</translation>
    </message>
    <message>
        <source>At most %1 values can be copied at once; %2 are selected.</source>
        <translation>Höchstens %1 Werte können auf einmal kopiert werden; %2 sind ausgewählt.</translation>
    </message>
    <message>
        <source>Save the values</source>
        <translation>Werte speichern</translation>
    </message>
    <message>
        <source>Comma-separated values (*.csv)</source>
        <translation>Kommagetrennte Werte (*.csv)</translation>
    </message>
    <message>
        <source>Saved as %1</source>
        <translation>Als %1 gespeichert</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::WhatIfModel</name>
    <message numerus="yes">
        <source>Choose %1 for %n tensor(s)</source>
        <translation>
            <numerusform>%1 für %n Tensor wählen</numerusform>
            <numerusform>%1 für %n Tensoren wählen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Keep %n tensor(s) as stored</source>
        <translation>
            <numerusform>%n Tensor wie gespeichert lassen</numerusform>
            <numerusform>%n Tensoren wie gespeichert lassen</numerusform>
        </translation>
    </message>
    <message>
        <source>As stored</source>
        <translation>Wie gespeichert</translation>
    </message>
    <message>
        <source>%1 (falls back)</source>
        <translation>%1 (weicht aus)</translation>
    </message>
    <message>
        <source>+%1 %</source>
        <translation>+%1 %</translation>
    </message>
    <message>
        <source>−%1 %</source>
        <translation>−%1 %</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>fehlgeschlagen</translation>
    </message>
    <message>
        <source>chosen</source>
        <translation>gewählt</translation>
    </message>
    <message>
        <source>Use</source>
        <translation>Nutzen</translation>
    </message>
    <message>
        <source>Meant to be used with importance data: without it quality suffers</source>
        <translation>Gedacht für Wichtigkeitsdaten: ohne sie leidet die Qualität</translation>
    </message>
    <message numerus="yes">
        <source>The rows of %n tensor(s) do not fit: they would be written as another type</source>
        <translation>
            <numerusform>Die Zeilen von %n Tensor passen nicht: Er würde in einem anderen Typ geschrieben</numerusform>
            <numerusform>Die Zeilen von %n Tensoren passen nicht: Sie würden in einem anderen Typ geschrieben</numerusform>
        </translation>
    </message>
    <message>
        <source>With 95 % confidence %1 to %2, from a sample</source>
        <translation>Mit 95 % Konfidenz %1 bis %2, aus einer Stichprobe</translation>
    </message>
    <message>
        <source>Over all weights</source>
        <translation>Über alle Gewichte</translation>
    </message>
    <message>
        <source>Click, or press Enter, to choose this type for the selection</source>
        <translation>Klicken oder die Eingabetaste drücken, um diesen Typ für die Auswahl zu wählen</translation>
    </message>
    <message>
        <source>Bits per weight, scales included</source>
        <translation>Bits pro Gewicht, Skalen eingeschlossen</translation>
    </message>
    <message>
        <source>Relative RMS error; ≈ marks a sample</source>
        <translation>Relativer RMS-Fehler; ≈ kennzeichnet eine Stichprobe</translation>
    </message>
    <message>
        <source>Size against what the plan writes now</source>
        <translation>Größe gegenüber dem, was der Plan jetzt schreibt</translation>
    </message>
    <message>
        <source>Signal to noise: each 6 dB more halves the error</source>
        <translation>Signal-Rausch-Abstand: je 6 dB mehr halbiert sich der Fehler</translation>
    </message>
    <message>
        <source>Type</source>
        <translation>Typ</translation>
    </message>
    <message>
        <source>Bits</source>
        <translation>Bits</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>Größe</translation>
    </message>
    <message>
        <source>Change</source>
        <translation>Änderung</translation>
    </message>
    <message>
        <source>Error</source>
        <translation>Fehler</translation>
    </message>
    <message>
        <source>SNR</source>
        <translation>SNR</translation>
    </message>
    <message>
        <source>Choose</source>
        <translation>Wählen</translation>
    </message>
    <message>
        <source>Relative RMS error weighted by the importance data; ≈ marks a sample</source>
        <translation>Relativer RMS-Fehler, nach den Wichtigkeitsdaten gewichtet; ≈ steht für eine Stichprobe</translation>
    </message>
    <message>
        <source>Weighted</source>
        <translation>Gewichtet</translation>
    </message>
</context>
<context>
    <name>quantlathe::ui::WhatIfPanel</name>
    <message>
        <source>Every type for the selection, with size and error</source>
        <translation>Jeder Typ für die Auswahl, mit Größe und Fehler</translation>
    </message>
    <message>
        <source>Open a model to see what each type would cost.</source>
        <translation>Ein Modell öffnen, um zu sehen, was jeder Typ kosten würde.</translation>
    </message>
    <message>
        <source>Select tensors, a layer or a field of the map to see what each type would cost.</source>
        <translation>Tensoren, eine Schicht oder ein Feld der Karte auswählen, um zu sehen, was jeder Typ kosten würde.</translation>
    </message>
    <message>
        <source>No type can be chosen for what is selected: it is kept as it is.</source>
        <translation>Für die Auswahl kann kein Typ gewählt werden: Sie bleibt, wie sie ist.</translation>
    </message>
</context>
</TS>
