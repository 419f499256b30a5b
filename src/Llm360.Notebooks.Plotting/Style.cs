// The style of all figures: sizes, greys, line widths.
namespace Llm360.Notebooks.Plotting;

/// <summary>Sizes and greys shared by all charts.</summary>
internal static class Style
{
    public const string Font = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";
    public const int TitleSize = 17;
    public const int TextSize = 13;
    public const int TickSize = 12;
    public const int Width = 720;
    public const int Height = 420;

    // One grey that is readable on white and on a dark page, also if a host does not recolour text.
    public const string Text = "#747474";
    public const string Grid = "rgba(128,128,128,0.22)";
    public const string AxisLine = "#8a8a8a";
    public const string Baseline = "#949494";
    public const string Published = "#747474";
    public const string Disagreement = "#d0202e";
    public const string Transparent = "rgba(0,0,0,0)";

    public const double LineWidth = 2.25;
    public const double RawWidth = 1;

    /// <summary>Single steps behind their mean: thin and grey, but with enough contrast.</summary>
    public const string Raw = "#949494";
    public const double BandOpacity = 0.18;
    public const int MarkerSize = 7;

    /// <summary>Lines with more points than this are drawn without markers.</summary>
    public const int MaximumMarkers = 40;

    /// <summary>Heat maps up to this many rows and columns show their numbers as text.</summary>
    public const int MaximumCellText = 12;

    /// <summary>Up to this many lines are labelled at their end instead of in a legend.</summary>
    public const int MaximumDirectLabels = 5;

    /// <summary>
    /// A name longer than this is in the legend, because at the end of its line it would shrink the
    /// plot.
    /// </summary>
    public const int MaximumLabelLength = 26;

    /// <summary>Average width of a character of tick size, to reserve room for labels.</summary>
    public const double CharacterWidth = 6.8;
}
