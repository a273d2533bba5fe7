// GNOME Shell 45 and later.
import {Extension} from 'resource:///org/gnome/shell/extensions/extension.js';
import * as Main from 'resource:///org/gnome/shell/ui/main.js';
import * as QuickSettings from 'resource:///org/gnome/shell/ui/quickSettings.js';
import {makeSwitch} from './switch.js';

export default class VPNRunExtension extends Extension {
    enable() {
        this._switch = makeSwitch(this.dir, Main, QuickSettings);
        this._indicator = new QuickSettings.SystemIndicator();
        this._indicator.quickSettingsItems.push(this._switch);
        Main.panel.statusArea.quickSettings.addExternalIndicator(this._indicator);
    }

    disable() {
        this._switch.destroy();
        this._indicator.destroy();
        this._switch = this._indicator = null;
    }
}
