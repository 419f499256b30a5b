// A figure as data: what a chart shows, without any charting library.
namespace Llm360.Notebooks;

/// <summary>How marks are joined.</summary>
public enum TraceKind
{
    /// <summary>Points joined by a line, with or without markers.</summary>
    Line,

    /// <summary>Points only.</summary>
    Points,

    /// <summary>Bars from zero.</summary>
    Bars,
}

/// <summary>
/// What a mark represents. The role decides fill and dash, so all figures are consistent.
/// </summary>
public enum TraceRole
{
    /// <summary>Measured here: filled and solid.</summary>
    Measured,

    /// <summary>Published elsewhere: hollow markers, dashed lines.</summary>
    Published,

    /// <summary>A baseline: grey.</summary>
    Baseline,

    /// <summary>
    /// Measured, before smoothing: thin and faint, in the colour of the smoothed series of the same
    /// name or category.
    /// </summary>
    Raw,

    /// <summary>Measured, and different from what was published: the only red.</summary>
    Disagreement,
}

/// <summary>One axis.</summary>
/// <param name="Label">Quantity and unit, for example <c>loss (nats per token)</c>.</param>
/// <param name="Log">Logarithmic.</param>
/// <param name="Minimum">Lower end; null to fit.</param>
/// <param name="Maximum">Upper end; null to fit.</param>
/// <param name="LogBase">Ticks of a logarithmic axis are powers of this: 10, or 2 where the paper
/// uses it.</param>
public sealed record Axis(string Label, bool Log = false, double? Minimum = null, double? Maximum = null, int LogBase = 10);

/// <summary>One series.</summary>
/// <param name="Name">In the legend, or beside the line where there are up to five.</param>
/// <param name="Kind">How marks are joined.</param>
/// <param name="X">Positions; the same length as <paramref name="Y"/>.</param>
/// <param name="Y">Values; NaN leaves a gap.</param>
/// <param name="Role">Measured, published or baseline.</param>
/// <param name="Progress">
/// Position on the training-progress scale (0 early, 1 late); null takes the next categorical
/// colour.
/// </param>
/// <param name="Category">
/// Key of the categorical colour; null takes the next. The same key has the same colour in every
/// figure.
/// </param>
/// <param name="Low">Lower ends of the interval, same length; null for none.</param>
/// <param name="High">Upper ends of the interval.</param>
/// <param name="Hover">Text for each point; null for the values alone.</param>
/// <param name="XLabels">
/// Names of the positions of a categorical axis; then <paramref name="X"/> is 0, 1, 2, ...
/// </param>
public sealed record Trace(
    string Name,
    TraceKind Kind,
    IReadOnlyList<double> X,
    IReadOnlyList<double> Y,
    TraceRole Role = TraceRole.Measured,
    double? Progress = null,
    string? Category = null,
    IReadOnlyList<double>? Low = null,
    IReadOnlyList<double>? High = null,
    IReadOnlyList<string>? Hover = null,
    IReadOnlyList<string>? XLabels = null);

/// <summary>
/// A highlighted position: a labelled point, or a vertical line where <paramref name="Y"/> is null.
/// </summary>
/// <param name="Label">What is there.</param>
/// <param name="X">Position.</param>
/// <param name="Y">Height of the point; null for a line through the whole panel.</param>
/// <param name="Progress">
/// Position on the training-progress scale; null for the neutral colour.
/// </param>
/// <param name="ShowLabel">Written beside the mark; otherwise shown on hover only.</param>
public sealed record Mark(string Label, double X, double? Y = null, double? Progress = null, bool ShowLabel = true);

/// <summary>A matrix shown as coloured squares.</summary>
/// <param name="Columns">Names along x.</param>
/// <param name="Rows">Names along y, first at the top.</param>
/// <param name="Values">[rows][columns]; NaN leaves a hole.</param>
/// <param name="Unit">Label of the colour bar.</param>
/// <param name="Minimum">Value of the darkest colour.</param>
/// <param name="Maximum">Value of the brightest colour.</param>
/// <param name="Digits">Decimals in the cells; the text is shown up to 12 x 12.</param>
public sealed record HeatMap(
    IReadOnlyList<string> Columns,
    IReadOnlyList<string> Rows,
    IReadOnlyList<IReadOnlyList<double>> Values,
    string Unit,
    double Minimum,
    double Maximum,
    int Digits = 2);

/// <summary>One panel of a figure: either traces or a heat map.</summary>
/// <param name="Title">Above the panel; empty when it is the only one.</param>
/// <param name="X">Horizontal axis.</param>
/// <param name="Y">Vertical axis.</param>
/// <param name="Traces">The series; empty for a heat map.</param>
/// <param name="HeatMap">The matrix; null for series.</param>
/// <param name="Marks">Highlighted positions; null for none.</param>
public sealed record Panel(
    string Title,
    Axis X,
    Axis Y,
    IReadOnlyList<Trace> Traces,
    HeatMap? HeatMap = null,
    IReadOnlyList<Mark>? Marks = null);

/// <summary>A figure: one idea, in one panel or small multiples.</summary>
/// <param name="Title">The finding or the question.</param>
/// <param name="Subtitle">Model, sample size n, setting.</param>
/// <param name="AltText">
/// What the title and the numbers say, for a reader who cannot see the figure.
/// </param>
/// <param name="Panels">Drawn side by side, wrapping.</param>
/// <param name="Finding">One sentence that says what this run shows; computed.</param>
public sealed partial record Figure(string Title, string Subtitle, string AltText, IReadOnlyList<Panel> Panels, string Finding);
